using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C4, S-C5: offset and epoch name one content for ever, and everything before it; a leader never cuts its log.</summary>
public sealed class LogsMatch(QuorumHistory history) : QuorumInvariant
{
    private readonly Dictionary<(Offset Base, LeaderEpoch Epoch), (Entry Entry, (Offset Base, LeaderEpoch Epoch)? Before)> _known = [];

    public override void Started(SimulatedNode node, QuorumStore store)
    {
        IReadOnlyList<Entry> log = history.LogOf(node);
        for (int i = 0; i < log.Count; i++)
        {
            Note(node, i > 0 ? log[i - 1] : null, log[i]);
        }
    }

    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        if (effect is RaftEffect.AppendLog(ImmutableArray<LogBatch> batches))
        {
            IReadOnlyList<Entry> log = history.LogOf(node);
            for (int i = log.Count - batches.Length; i < log.Count; i++)
            {
                Note(node, i > 0 ? log[i - 1] : null, log[i]);
            }
        }
        else if (effect is RaftEffect.TruncateLog && node.Replica is { } replica)
        {
            Require(replica.Node.View.Role != RaftRole.Leader, "S-C5", () => $"{node.Id} cuts its log while it leads");
        }
    }

    private void Note(SimulatedNode node, Entry? before, Entry entry)
    {
        (Offset, LeaderEpoch) name = (entry.Base, entry.Epoch);
        (Offset Base, LeaderEpoch Epoch)? previous = before is null ? null : (before.Base, before.Epoch);
        if (!_known.TryGetValue(name, out var known))
        {
            _known[name] = (entry, previous);
            return;
        }

        Require(known.Entry == entry, "S-C5", () => $"{entry.Base} of epoch {entry.Epoch} has two contents, one at {node.Id}");
        if (known.Before is null)
        {
            _known[name] = (entry, previous);
        }
        else
        {
            Require(previous is null || known.Before == previous, "S-C4", () => $"what lies before {entry.Base} of epoch {entry.Epoch} differs at {node.Id}: {previous} and {known.Before}");
        }
    }
}
