using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>What is told about a partition that has no leader: which brokers bring it one, or else the command that gives records up (R-9.2, R-9.3, R-9.6).</summary>
public static class LeaderlessPartition
{
    /// <summary>One or two sentences for an operator.</summary>
    /// <param name="brokers">Those there are now.</param>
    public static string Explain(string topic, PartitionState state, BrokersImage brokers)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(brokers);
        string name = $"Partition {topic}-{state.Partition} has no leader now";
        string unclean = $"raftstream partition elect {topic} --partition {state.Partition} --unclean";
        NodeId[] eligible = [.. state.Replicas.Where(id => state.Isr.Contains(id) || state.Elr.Contains(id))];
        if (eligible.Length > 0)
        {
            return $"{name}: start {OneOf(eligible)}, which {(eligible.Length == 1 ? "has" : "each have")} all its acknowledged records. "
                + $"If {(eligible.Length == 1 ? "it cannot" : "none of them can")} come back, what another replica lacks is given up by: {unclean}";
        }

        if (state.WasNeverLed)
        {
            return $"{name}, and had none since it was created: start {OneOf(state.Replicas)}.";
        }

        if (state.LastKnownLeader != NodeId.None && !brokers.IsActive(state.LastKnownLeader))
        {
            return $"{name}, and no replica is known to have all its acknowledged records: start broker {state.LastKnownLeader}, which led it last. "
                + $"If it cannot come back, or nobody leads then, what another replica lacks is given up by: {unclean}";
        }

        string start = state.Replicas.Any(brokers.IsActive) ? "" : $"start {OneOf(state.Replicas)}, then ";
        return $"{name}, and no replica is known to have all its acknowledged records: {start}let one that is up begin with what it has, which gives up what it lacks: {unclean}";
    }

    private static string OneOf(IReadOnlyCollection<NodeId> brokers) =>
        brokers.Count == 1 ? $"broker {brokers.Single()}" : $"one of the brokers {string.Join(", ", brokers)}";
}
