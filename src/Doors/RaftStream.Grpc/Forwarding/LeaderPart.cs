using RaftStream.Client.V1;

namespace RaftStream.Grpc.Forwarding;

/// <summary>Those partitions of a request that one other broker leads.</summary>
/// <param name="Leader">The broker; the epoch is that of the first of the partitions.</param>
/// <param name="Indexes">Their places in the request.</param>
/// <param name="Partitions">The partitions.</param>
internal sealed record LeaderPart(LeaderAddress Leader, List<int> Indexes, List<Model.TopicPartition> Partitions)
{
    /// <summary>Adds a partition to the part of its leader.</summary>
    public static void Add(List<LeaderPart> parts, LeaderAddress leader, int index)
    {
        LeaderPart? part = parts.Find(part => part.Leader.Endpoint == leader.Endpoint);
        if (part is null)
        {
            parts.Add(part = new LeaderPart(leader, [], []));
        }

        part.Indexes.Add(index);
        part.Partitions.Add(leader.Partition);
    }

    /// <summary>Watches the leader while the part is under way to it.</summary>
    public WatchedLeader Watch(IncomingCall call, CancellationToken cancellationToken)
    {
        WatchedLeader watched = call.Watch(Leader, cancellationToken);
        Partitions.ForEach(watched.Add);
        return watched;
    }

    /// <summary>The same partitions without their answers: those that the leader leaves out or answers twice are the client's to ask again.</summary>
    public static Error MissingAnswer(LeaderAddress leader) => GrpcErrors.ToError(
        Model.ErrorCode.UnknownServerError, $"Broker {leader.Id} at {leader.Endpoint} has not answered for every partition it was asked for.")!;
}
