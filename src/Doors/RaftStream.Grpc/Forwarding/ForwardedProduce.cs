using System.Buffers;
using Grpc.Core;
using RaftStream.Contracts;

namespace RaftStream.Grpc.Forwarding;

/// <summary>Passes one produce request outside a stream on to the partition's leader. Reusable, one at a time.</summary>
internal sealed class ForwardedProduce
{
    private readonly ProduceMessage _onward = new();

    /// <summary>Sends the request and fills <paramref name="reply"/> with the leader's answer, or with why there is none.</summary>
    /// <param name="batch">Borrowed until this completes.</param>
    public async ValueTask RunAsync(
        IncomingCall call, LeaderAddress leader, ProduceMessage message, int partition, ReadOnlySequence<byte> batch, ProduceReply reply)
    {
        Fill(_onward, message, partition, batch);
        int timeoutMs = message.TimeoutMs > 0 ? message.TimeoutMs : call.Api.Limits.DefaultProduceTimeoutMs;
        using WatchedLeader watched = call.Watch(leader, call.CancellationToken);
        CallOptions options = call.Onward(TimeSpan.FromMilliseconds(timeoutMs) + call.Slack, watched.Token);
        try
        {
            using AsyncUnaryCall<ProduceReply> onward = call.CallsTo(leader).AsyncUnaryCall(LogMethods.Produce, null, options, _onward);
            ProduceReply answer = await onward.ResponseAsync.ConfigureAwait(false);
            Copy(answer, reply);
            HotMessages.Return(answer);
        }
        catch (RpcException exception) when (!call.CancellationToken.IsCancellationRequested)
        {
            (reply.BaseOffset, reply.LogAppendTimeMs, reply.LogStartOffset) = (-1, -1, -1);
            reply.Error = ForwardingErrors.ToError(exception, leader, watched);
        }
        finally
        {
            _onward.Clear();
        }

        reply.CorrelationId = message.CorrelationId;
        reply.Partition = partition;
    }

    /// <summary>Makes the request that the leader gets: a batch for a partition, whatever the client sent.</summary>
    public static void Fill(ProduceMessage onward, ProduceMessage message, int partition, in ReadOnlySequence<byte> batch)
    {
        onward.Topic.Set(message.Topic);
        onward.Partition = partition;
        onward.Acks = message.Acks;
        onward.TimeoutMs = message.TimeoutMs;
        onward.CorrelationId = message.CorrelationId;
        onward.Batch = batch;
    }

    private static void Copy(ProduceReply answer, ProduceReply reply)
    {
        reply.BaseOffset = answer.BaseOffset;
        reply.LogAppendTimeMs = answer.LogAppendTimeMs;
        reply.LogStartOffset = answer.LogStartOffset;
        reply.Error = answer.Error;
    }
}
