using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Rpc;
using RaftStream.Rpc.Http2;

namespace RaftStream.Benchmarks.Doors;

/// <summary>Through the gRPC door, as the SDK does it: one produce stream, one consume stream.</summary>
internal sealed class GrpcLoad(DoorCase shape, string topic, string endpoint) : DoorLoad(shape, topic)
{
    /// <inheritdoc/>
    public override async Task<LoadCount> ProduceAsync(Func<bool> goOn)
    {
        await using Http2Channel channel = Http2Channel.ForAddress(endpoint);
        using var room = new SemaphoreSlim(UnderWay * Shape.BatchesPerRequest);
        using AsyncDuplexStreamingCall<ProduceMessage, ProduceReply> call =
            channel.CreateCallInvoker().AsyncDuplexStreamingCall(LogMethods.ProduceStream, null, default);
        Task reading = Task.Run(() => ReadAsync(call.ResponseStream, room));
        var message = new ProduceMessage { Acks = Acks.All, TimeoutMs = 30_000, Batch = new(Batch) };
        message.Topic.Set(Topic, TopicId.None);
        long sent = 0;
        while (goOn() && !reading.IsFaulted)
        {
            await room.WaitAsync();
            message.Partition = (int)(sent++ % Shape.Partitions);
            message.CorrelationId = (ulong)sent;
            await call.RequestStream.WriteValueAsync(message);
        }

        await call.RequestStream.CompleteAsync();
        await reading;
        return new LoadCount(sent, sent * BatchRecords);
    }

    /// <inheritdoc/>
    public override async Task<LoadCount> ConsumeAsync(Func<bool> goOn)
    {
        await using Http2Channel channel = Http2Channel.ForAddress(endpoint);
        CallInvoker invoker = channel.CreateCallInvoker();
        var count = default(LoadCount);
        while (goOn())
        {
            using var over = new CancellationTokenSource();
            using AsyncServerStreamingCall<ConsumeReply> call =
                invoker.AsyncServerStreamingCall(LogMethods.Consume, null, new CallOptions(cancellationToken: over.Token), FromTheBeginning());
            int left = Shape.Partitions;
            while (left > 0 && goOn() && await call.ResponseStream.MoveNextAsync())
            {
                ConsumeReply reply = call.ResponseStream.Current;
                Check(reply.Records.Error);
                long next = 0;
                count = new LoadCount(count.Requests + 1, count.Records + Walk(reply.Records.Batches, ref next));
                left -= next >= reply.Records.HighWatermark ? 1 : 0;
                HotMessages.Return(reply);
            }

            await over.CancelAsync();
        }

        return count;
    }

    private ConsumeRequest FromTheBeginning()
    {
        var request = new ConsumeRequest { Format = RecordFormat.Batches, MaxBytes = ReadBytes };
        for (int i = 0; i < Shape.Partitions; i++)
        {
            request.Partitions.Add(new FetchPartition { Topic = new TopicRef { Name = Topic }, Partition = i, MaxBytes = ReadBytes });
        }

        return request;
    }

    private static async Task ReadAsync(IAsyncStreamReader<ProduceReply> replies, SemaphoreSlim room)
    {
        while (await replies.MoveNextAsync())
        {
            Check(replies.Current.Error);
            HotMessages.Return(replies.Current);
            room.Release();
        }
    }

    private static void Check(Error? error)
    {
        if (error is not null)
        {
            throw new InvalidOperationException($"The broker answered {error.Code}: {error.Message}");
        }
    }
}
