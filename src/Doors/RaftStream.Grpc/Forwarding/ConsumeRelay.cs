using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Forwarding;

/// <summary>
/// Those partitions of a consume stream that one other broker leads: reads them there and hands each answer on as it came. The
/// next answer is taken when the client's stream has taken the one before: a slow client makes the leader wait, not this broker.
/// </summary>
internal sealed class ConsumeRelay
{
    private readonly IncomingCall _call;
    private readonly LeaderPart _part;
    private readonly ConsumeRequest _request;
    private readonly HashSet<int> _open = [];

    /// <param name="part">The partitions.</param>
    /// <param name="request">What the client asked for, of all its partitions.</param>
    public ConsumeRelay(IncomingCall call, LeaderPart part, ConsumeRequest request)
    {
        (_call, _part) = (call, part);
        _request = new ConsumeRequest(request);
        _request.Partitions.Clear();
        for (int i = 0; i < part.Indexes.Count; i++)
        {
            _request.Partitions.Add(request.Partitions[part.Indexes[i]]);
            _open.Add(i);
        }
    }

    /// <summary>Relays until every partition has ended with an error, as it does at the leader itself.</summary>
    /// <param name="sendAsync">Writes a message to the client; the message is borrowed until that completes.</param>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async Task RunAsync(Func<ConsumeReply, Task> sendAsync, CancellationToken cancellationToken)
    {
        using WatchedLeader watched = _part.Watch(_call, cancellationToken);
        Error failure;
        try
        {
            using AsyncServerStreamingCall<ConsumeReply> onward = _call.CallsTo(_part.Leader).AsyncServerStreamingCall(
                LogMethods.Consume, null, _call.Onward(patience: null, watched.Token), _request);
            while (await onward.ResponseStream.MoveNextAsync(watched.Token).ConfigureAwait(false))
            {
                ConsumeReply reply = onward.ResponseStream.Current;
                if (reply.Records.Error is not null || reply.Records.Diverging is not null)
                {
                    NoteEnd(reply.Records);
                }

                reply.Records.Relay();
                await sendAsync(reply).ConfigureAwait(false);
                HotMessages.Return(reply);
            }

            failure = LeaderPart.MissingAnswer(_part.Leader);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = ForwardingErrors.ToError(exception, _part.Leader, watched);
        }
        catch (RpcException)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        await EndRestAsync(failure, sendAsync).ConfigureAwait(false);
    }

    private void NoteEnd(PartitionRecordsMessage records)
    {
        foreach (int index in _open)
        {
            FetchPartition asked = _request.Partitions[index];
            if (asked.Partition == records.Partition && IsSame(asked.Topic, records.Topic))
            {
                _open.Remove(index);
                return;
            }
        }
    }

    /// <summary>Leaders name topics by name and id, clients by one of them or both.</summary>
    private static bool IsSame(TopicRef? asked, TopicField answered) =>
        Requests.TryRead(asked, out TopicReference topic)
        && (topic.Id == TopicId.None || !answered.TryGetId(out TopicId id) || id == topic.Id)
        && (topic.Name.Length == 0 || answered.NameUtf8.IsEmpty || topic.Name == answered.Name);

    private async Task EndRestAsync(Error failure, Func<ConsumeReply, Task> sendAsync)
    {
        var reply = new ConsumeReply();
        foreach (int index in _open.Order())
        {
            FetchPartition asked = _request.Partitions[index];
            PartitionRecordsMessage message = reply.Records;
            message.Clear();
            Requests.TryRead(asked.Topic, out TopicReference topic);
            message.Topic.Set(topic.Name, topic.Id);
            message.Partition = asked.Partition;
            message.HighWatermark = message.LastStableOffset = message.LogStartOffset = message.LeaderEpoch = -1;
            message.Error = failure;
            await sendAsync(reply).ConfigureAwait(false);
        }
    }
}
