using RaftStream.Metadata.Images;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>All invariants of the quorum (S-C), and the truth that they share.</summary>
public sealed class Checks
{
    private readonly QuorumInvariant[] _rules;

    public Checks(QuorumWorld world)
    {
        History = new QuorumHistory();
        _rules =
        [
            new OneLeaderPerEpoch(),
            new OneVotePerEpoch(),
            new EpochNeverFalls(),
            new LogsMatch(History),
            new CommittedStays(History),
            new SnapshotsAreExact(History),
            new CommitIsDurable(world, History),
            new LogStartHasSnapshot(),
            new VoterSetsChangeByOne(),
            new AppliedIsCommitted(History),
            new NothingIsToldBeforeItIsDurable(),
            new MarksOfRareBranches(world),
        ];
    }

    /// <summary>Every log, what is committed, and the image of each committed offset.</summary>
    public QuorumHistory History { get; }

    public void Started(SimulatedNode node, QuorumStore store)
    {
        History.Started(node, store);
        Each(rule => rule.Started(node, store));
    }

    public void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        History.Carried(node, store, effect);
        Each(rule => rule.Carried(node, store, effect));
    }

    public void Sent(SimulatedNode node, RaftRequest request) => Each(rule => rule.Sent(node, request));

    public void Answered(SimulatedNode node, RaftResponse response) => Each(rule => rule.Answered(node, response));

    public void Moved(SimulatedNode node, RaftEffect.Transition transition) => Each(rule => rule.Moved(node, transition));

    public void Published(SimulatedNode node, MetadataImage image) => Each(rule => rule.Published(node, image));

    public void AfterEvent(SimulatedNode node)
    {
        if (node.IsUp)
        {
            Each(rule => rule.AfterEvent(node));
        }
    }

    private void Each(Action<QuorumInvariant> tell)
    {
        foreach (QuorumInvariant rule in _rules)
        {
            tell(rule);
        }
    }
}
