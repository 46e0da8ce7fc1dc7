using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C6: what lay below a high watermark once never changes anywhere, and every later leader holds it.</summary>
public sealed class CommittedStays(QuorumHistory history) : QuorumInvariant
{
    private readonly Dictionary<int, (int Incarnation, Offset End)> _checked = [];
    private readonly Dictionary<int, List<Entry>> _before = [];

    public override void Started(SimulatedNode node, QuorumStore store) => Remember(node);

    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        switch (effect)
        {
            case RaftEffect.Commit(Offset highWatermark):
                CheckCommit(node, highWatermark);
                break;
            case RaftEffect.TruncateLog(Offset target):
                CheckCut(node, target);
                Remember(node);
                break;
            case RaftEffect.AppendLog or RaftEffect.ResetLog:
                Remember(node);
                break;
        }
    }

    public override void Moved(SimulatedNode node, RaftEffect.Transition transition)
    {
        // A vote that was long under way may still make somebody the leader of an epoch that is over: it commits nothing any more.
        if (transition.To == nameof(RaftRole.Leader) && history.LastCommitted is { } last && transition.Epoch > history.LastCommittedIn)
        {
            IReadOnlyList<Entry> log = history.LogOf(node);
            Entry? own = QuorumHistory.Find(log, last.Base);
            bool holds = own == last || (own is null && log.Count == 0 && node.Store!.LogStart >= last.End)
                || (log.Count > 0 && log[0].Base >= last.End);
            Require(holds, "S-C6", () => $"{node.Id} leads epoch {transition.Epoch} without {last}, which is committed");
        }
    }

    private void CheckCommit(SimulatedNode node, Offset highWatermark)
    {
        (int incarnation, Offset end) = _checked.GetValueOrDefault(node.Id);
        IReadOnlyList<Entry> log = history.LogOf(node);
        Offset from = incarnation == node.Incarnation ? end : Offset.Zero;
        for (int i = log.Count - 1; i >= 0 && log[i].Base >= from; i--)
        {
            Entry entry = log[i];
            if (entry.End <= highWatermark && history.CommittedAt(entry.Base) is { } committed)
            {
                Require(entry == committed, "S-C6", () => $"{node.Id} commits {entry}, but {committed} was committed before");
            }
        }

        _checked[node.Id] = (node.Incarnation, highWatermark);
    }

    private void CheckCut(SimulatedNode node, Offset target)
    {
        foreach (Entry entry in _before[node.Id].Where(entry => entry.Base >= target))
        {
            Require(history.CommittedAt(entry.Base) != entry, "S-C6", () => $"{node.Id} cuts {entry}, which is committed");
        }
    }

    private void Remember(SimulatedNode node)
    {
        // Only the tail can be cut; what is longer ago was checked when it was committed.
        IReadOnlyList<Entry> log = history.LogOf(node);
        _before[node.Id] = [.. log.Skip(Math.Max(0, log.Count - 200))];
    }
}
