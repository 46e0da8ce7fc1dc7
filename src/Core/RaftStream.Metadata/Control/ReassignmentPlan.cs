using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Where partitions should go.</summary>
public sealed record ReassignmentWish
{
    /// <summary>Brokers that are to get their share.</summary>
    public IReadOnlyList<NodeId> Add { get; init; } = [];

    /// <summary>Brokers that are to hold nothing any more.</summary>
    public IReadOnlyList<NodeId> Remove { get; init; } = [];

    /// <summary>Instead of both: the brokers that are to hold everything, evenly.</summary>
    public IReadOnlyList<NodeId> Brokers { get; init; } = [];

    /// <summary>Topics to look at; none is all.</summary>
    public IReadOnlyList<TopicReference> Topics { get; init; } = [];
}

/// <summary>A partition that should move.</summary>
/// <param name="Topic">Name and id.</param>
/// <param name="Partition">Its number.</param>
/// <param name="Current">Its replicas now, or those that a running reassignment leads to.</param>
/// <param name="Target">Its replicas then, the preferred leader first.</param>
public sealed record PlannedMove(TopicReference Topic, int Partition, ImmutableArray<NodeId> Current, ImmutableArray<NodeId> Target);

/// <summary>
/// Computes reassignments that empty brokers or fill new ones and move as little as that takes. Changes nothing: people look
/// at a plan first, and <see cref="ReassignmentControl"/> carries it out.
/// </summary>
public static class ReassignmentPlan
{
    /// <summary>The moves, in the order of topic names and partitions; or why there cannot be a plan.</summary>
    public static (ImmutableArray<PlannedMove> Moves, OperationError? Error) Of(MetadataImage image, ReassignmentWish wish)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(wish);
        if (WishError(image, wish) is { } error)
        {
            return ([], error);
        }

        (HashSet<TopicId>? wanted, error) = TopicsOf(image.Topics, wish.Topics);
        if (error is not null)
        {
            return ([], error);
        }

        var load = new BrokerLoad(image, wish.Brokers.Count > 0
            ? [.. image.Brokers.ById.Values.Where(b => wish.Brokers.Contains(b.Id))]
            : [.. image.Brokers.ById.Values.Where(b => b.IsActive && !wish.Remove.Contains(b.Id))]);
        List<(TopicImage Topic, PartitionState State, NodeId[] Target)> plans = [.. image.Topics.InOrder()
            .Where(topic => wanted is null || wanted.Contains(topic.Id))
            .SelectMany(topic => topic.Partitions, (topic, state) => (topic, state, Target: load.Count(state.SettledReplicas)))];
        NodeId[] leaving = wish.Brokers.Count > 0
            ? [.. image.Brokers.ById.Keys.Where(id => !wish.Brokers.Contains(id))]
            : [.. wish.Remove];
        foreach ((TopicImage topic, _, NodeId[] target) in plans)
        {
            if (!load.Evacuate(target, leaving))
            {
                return ([], new OperationError(
                    ErrorCode.InvalidReplicationFactor,
                    $"Topic '{topic.Name}' has {target.Length} replicas of each partition, and only {load.EligibleCount} brokers are up to take them: start or name more brokers, or reassign the topic to fewer replicas first."));
            }
        }

        IReadOnlyList<NodeId> receivers = wish.Brokers.Count > 0 ? wish.Brokers : wish.Add;
        if (receivers.Count > 0)
        {
            plans.ForEach(plan => load.MoveLeadership(plan.Target, receivers));
            plans.ForEach(plan => load.MoveReplicas(plan.Target, receivers));
        }

        return ([.. plans
            .Where(plan => !plan.Target.AsSpan().SequenceEqual(plan.State.SettledReplicas.AsSpan()))
            .Select(plan => new PlannedMove(
                new TopicReference(plan.Topic.Name, plan.Topic.Id), plan.State.Partition, plan.State.SettledReplicas, [.. plan.Target]))], null);
    }

    private static OperationError? WishError(MetadataImage image, ReassignmentWish wish)
    {
        BrokersImage brokers = image.Brokers;
        if (wish.Add.Count + wish.Remove.Count == 0 == (wish.Brokers.Count == 0))
        {
            return new OperationError(
                ErrorCode.InvalidRequest, "Say either which brokers to add and remove, or which brokers are to hold everything.");
        }

        foreach (NodeId id in wish.Add.Concat(wish.Brokers))
        {
            if (!brokers.IsActive(id))
            {
                return brokers.Find(id) is null
                    ? new OperationError(ErrorCode.BrokerIdNotRegistered, $"Broker {id} is not registered: start it first.")
                    : new OperationError(ErrorCode.InvalidReplicaAssignment, $"Broker {id} is not up: it could not take replicas. Start it first.");
            }
        }

        foreach (NodeId id in wish.Remove)
        {
            if (brokers.Find(id) is null && !image.Topics.OfBroker(id).Any())
            {
                return new OperationError(ErrorCode.BrokerIdNotRegistered, $"There is no broker {id}, and it holds nothing.");
            }

            if (wish.Add.Contains(id))
            {
                return new OperationError(ErrorCode.InvalidRequest, $"Broker {id} is to be both added and removed.");
            }
        }

        return null;
    }

    private static (HashSet<TopicId>? Ids, OperationError? Error) TopicsOf(TopicsImage topics, IReadOnlyList<TopicReference> references)
    {
        if (references.Count == 0)
        {
            return (null, null);
        }

        var ids = new HashSet<TopicId>();
        foreach (TopicReference reference in references)
        {
            (TopicImage? topic, OperationError? error) = reference.Resolve(topics);
            if (topic is null)
            {
                return (null, error);
            }

            ids.Add(topic.Id);
        }

        return (ids, null);
    }
}
