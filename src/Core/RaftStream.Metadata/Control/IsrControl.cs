using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Takes the proposals of leaders to change ISRs (AlterPartition, R-9.1).</summary>
public static class IsrControl
{
    /// <summary>Carries out those proposals that pass the checks of, each by itself.</summary>
    /// <returns>The operation; its answer is a list of <see cref="IsrOutcome"/>, in the order of the proposals.</returns>
    public static ControllerOperation Alter(NodeId broker, BrokerEpoch epoch, IReadOnlyList<IsrProposal> proposals)
    {
        ArgumentNullException.ThrowIfNull(proposals);
        return new ControllerOperation("alter partitions", view =>
        {
            Decision<IReadOnlyList<IsrOutcome>> decision = Decide(view.Latest, broker, epoch, proposals, view.Settings);
            return new OperationDecision(decision.Records, _ => decision.Response);
        });
    }

    /// <summary>The records and outcomes.</summary>
    public static Decision<IReadOnlyList<IsrOutcome>> Decide(
        MetadataImage image, NodeId broker, BrokerEpoch epoch, IReadOnlyList<IsrProposal> proposals, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(proposals);
        var records = ImmutableArray.CreateBuilder<MetadataRecord>();
        var outcomes = new List<IsrOutcome>(proposals.Count);
        bool isStale = image.Brokers.Find(broker) is not { } registration || registration.Epoch != epoch;
        settings ??= ControllerSettings.Default;
        var change = new PartitionChange(image.Brokers, image.Configs, settings);
        var after = new Dictionary<TopicPartition, PartitionState>();
        foreach (IsrProposal proposal in proposals)
        {
            if (isStale)
            {
                outcomes.Add(new IsrOutcome(proposal.Partition, ErrorCode.StaleBrokerEpoch, null));
                continue;
            }

            PartitionState? state = after.GetValueOrDefault(proposal.Partition) ?? Find(image.Topics, proposal.Partition);
            ErrorCode error = Problem(image, settings, broker, proposal, state);
            if (error == ErrorCode.None)
            {
                PartitionState next = change.Proposed(
                    image.Topics.Find(proposal.Partition.TopicId)!, state!, InReplicaOrder(state!, proposal.NewIsr), proposal.RecoveryState);
                after[proposal.Partition] = next;
                records.Add(PartitionChange.Record(proposal.Partition.TopicId, next));
                outcomes.Add(next.Leader == broker
                    ? new IsrOutcome(proposal.Partition, ErrorCode.None, next)
                    : new IsrOutcome(proposal.Partition, ErrorCode.NewLeaderElected, null));
            }
            else
            {
                outcomes.Add(new IsrOutcome(proposal.Partition, error, null));
            }
        }

        return new Decision<IReadOnlyList<IsrOutcome>>(records.DrainToImmutable(), outcomes);
    }

    private static PartitionState? Find(TopicsImage topics, TopicPartition partition) =>
        topics.Find(partition.TopicId) is { } topic && partition.Partition >= 0 && partition.Partition < topic.Partitions.Count
            ? topic.Partitions[partition.Partition]
            : null;

    /// <summary>R-9.1, in its order: what the sender does upon an error depends on which one it is told .</summary>
    private static ErrorCode Problem(
        MetadataImage image, ControllerSettings settings, NodeId broker, IsrProposal proposal, PartitionState? state)
    {
        if (state is null)
        {
            return image.Topics.Find(proposal.Partition.TopicId) is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
        }

        if (proposal.LeaderEpoch > state.LeaderEpoch || proposal.PartitionEpoch.Value > state.PartitionEpoch.Value)
        {
            return ErrorCode.NotController; // the sender knows more than this node, which may be deposed (P50)
        }

        if (proposal.LeaderEpoch < state.LeaderEpoch)
        {
            return ErrorCode.FencedLeaderEpoch;
        }

        if (state.Leader != broker)
        {
            return ErrorCode.InvalidRequest;
        }

        if (proposal.PartitionEpoch.Value < state.PartitionEpoch.Value && !settings.Broke(MetadataSabotage.NoPartitionEpochCheck))
        {
            return ErrorCode.InvalidUpdateVersion;
        }

        if (!IsWellFormed(proposal, state))
        {
            return ErrorCode.InvalidRequest;
        }

        bool isEligible = proposal.NewIsr.All(member => IsEligible(image.Brokers, state, member)) || settings.Broke(MetadataSabotage.AnybodyMayJoin);
        return isEligible ? ErrorCode.None : ErrorCode.IneligibleReplica;
    }

    private static bool IsWellFormed(IsrProposal proposal, PartitionState state)
    {
        ImmutableArray<IsrMember> isr = proposal.NewIsr;
        return isr.DistinctBy(member => member.Id).Count() == isr.Length
            && isr.All(member => state.Replicas.Contains(member.Id))
            && isr.Any(member => member.Id == state.Leader)
            && (proposal.RecoveryState == RecoveryState.Recovered
                || (isr.Length == 1 && state.RecoveryState == RecoveryState.Recovering));
    }

    /// <summary>Members are valid at an equal partition epoch: the no-op of always passes. Who joins must be up, in the registration that fetched (P51, P52).</summary>
    private static bool IsEligible(BrokersImage brokers, PartitionState state, IsrMember member) =>
        state.Isr.Contains(member.Id)
        || (brokers.Find(member.Id) is { IsActive: true } registration
            && (member.Epoch == BrokerEpoch.None || member.Epoch == registration.Epoch));

    private static ImmutableArray<NodeId> InReplicaOrder(PartitionState state, ImmutableArray<IsrMember> isr) =>
        [.. state.Replicas.Where(id => isr.Any(member => member.Id == id))];
}
