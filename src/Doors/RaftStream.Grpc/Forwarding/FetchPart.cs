using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Metadata.Control;

namespace RaftStream.Grpc.Forwarding;

/// <summary>The part of a fetch that one other broker answers. One question at a time; a question forgets the answer before.</summary>
internal sealed class FetchPart(IncomingCall call, LeaderPart part, FetchRequest request) : IDisposable
{
    private AsyncUnaryCall<FetchReply>? _onward;

    /// <summary>Places of the partitions in the client's request.</summary>
    public List<int> Indexes => part.Indexes;

    /// <summary>An answer for each of the partitions; null before the first question. Borrows memory until the next question, or the end.</summary>
    public FetchReply? Reply { get; private set; }

    /// <summary>Asks the leader. Its failure becomes the answer for each partition.</summary>
    public async Task AskAsync(int maxWaitMs, CancellationToken cancellationToken)
    {
        Dispose();
        request.MaxWaitMs = maxWaitMs;
        TimeSpan wait = TimeSpan.FromMilliseconds(Math.Clamp(maxWaitMs, 0, call.Api.Limits.MaxFetchWaitMs));
        using WatchedLeader watched = part.Watch(call, cancellationToken);
        try
        {
            _onward = call.CallsTo(part.Leader).AsyncUnaryCall(
                LogMethods.Fetch, null, call.Onward(wait + call.Slack, watched.Token), request);
            FetchReply reply = await _onward.ResponseAsync.ConfigureAwait(false);
            Reply = reply.Count == request.Partitions.Count ? reply : Failed(LeaderPart.MissingAnswer(part.Leader));
        }
        catch (RpcException exception)
        {
            Reply = Failed(ForwardingErrors.ToError(exception, part.Leader, watched));
        }
    }

    /// <summary>Lets go of the answer, or of the question.</summary>
    public void Dispose()
    {
        Reply = null;
        _onward?.Dispose();
        _onward = null;
    }

    private FetchReply Failed(Error error)
    {
        var reply = new FetchReply();
        foreach (FetchPartition partition in request.Partitions)
        {
            PartitionRecordsMessage message = reply.Add();
            Requests.TryRead(partition.Topic, out TopicReference topic);
            message.Topic.Set(topic.Name, topic.Id);
            message.Partition = partition.Partition;
            message.HighWatermark = message.LastStableOffset = message.LogStartOffset = message.LeaderEpoch = -1;
            message.Error = error;
        }

        return reply;
    }
}
