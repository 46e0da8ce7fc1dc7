using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums;

/// <summary>The code with one rule switched off: the checks must notice within some seeds, or they are blind (F-11).</summary>
/// <param name="Name">As <c>--mutant</c> takes it.</param>
/// <param name="Rule">The rule and the known bug that it stands for.</param>
/// <param name="Apply">Switches the rule off in a world.</param>
public sealed record Mutant(string Name, string Rule, Func<WorldOptions, WorldOptions> Apply)
{
    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<Mutant> All =
    [
        Raft("vote-not-persisted", "C-3, P1", RaftSabotage.VoteNotPersisted),
        Raft("count-unflushed-self", "C-8.2, P2", RaftSabotage.CountUnflushedSelf),
        Raft("report-unflushed", "7.4, P3", RaftSabotage.ReportUnflushed),
        Raft("resume-as-leader", "C-13.4, P4", RaftSabotage.ResumeAsLeader),
        Raft("resume-as-candidate", "C-13.4, P5", RaftSabotage.ResumeAsCandidate),
        Raft("commit-earlier-epochs", "C-8.2, P6", RaftSabotage.CommitEarlierEpochs),
        Raft("compare-length-first", "7.1, P7", RaftSabotage.CompareLengthFirst),
        Raft("no-pre-vote", "7.1, P8", RaftSabotage.NoPreVote),
        Raft("always-grant-pre-vote", "7.1, P8, P9", RaftSabotage.AlwaysGrantPreVote),
        Raft("ignore-resignation", "7.1, P10", RaftSabotage.IgnoreResignation),
        Raft("no-check-quorum", "C-8.6, P11", RaftSabotage.NoCheckQuorum),
        Raft("no-election-wait", "C-5.4, P12", RaftSabotage.NoElectionWait),
        Raft("barrier-without-echo", "C-8.5, P13", RaftSabotage.BarrierWithoutEcho),
        Raft("early-voter-change", "C-11.2, P14", RaftSabotage.EarlyVoterChange),
        Raft("same-id-voter", "C-11.3, P15", RaftSabotage.SameIdVoter),
        Raft("count-removed-self", "C-8.2, P16", RaftSabotage.CountRemovedSelf),
        Raft("keep-voters", "C-4.7, P17", RaftSabotage.KeepVoters),
        Raft("announce-resigned", "C-8.4, P22", RaftSabotage.AnnounceResigned),
        Raft("take-later-epochs", "C-4.8, P24", RaftSabotage.TakeLaterEpochs),
        Raft("take-any-response", "C-1.5, P25", RaftSabotage.TakeAnyResponse),
        Raft("vote-twice", "7.1, S-C2", RaftSabotage.VoteTwice),
        Raft("ignore-log-in-vote", "7.1", RaftSabotage.IgnoreLogInVote),
        Raft("no-truncation", "C-4.7", RaftSabotage.NoTruncation),
        Raft("minority-quorum", "C-8.2", RaftSabotage.MinorityQuorum),
        Raft("announce-early", "C-8.4, P22", RaftSabotage.AnnounceEarly),
        Raft("no-yield", "C-5.6, P12", RaftSabotage.NoYield),
        Store("no-state-sync", "C-3, P1", QuorumSabotage.NoStateSync),
        Store("no-snapshot-flush", "C-3, P20", QuorumSabotage.NoSnapshotFlush),
        Store("no-snapshot-folder-sync", "C-10.4, P19", QuorumSabotage.NoSnapshotFolderSync),
    ];

    /// <summary>The one with this name; null when there is none.</summary>
    public static Mutant? Find(string name) => All.FirstOrDefault(mutant => mutant.Name == name);

    private static Mutant Raft(string name, string rule, RaftSabotage sabotage) =>
        new(name, rule, options => options with { Sabotage = sabotage, Mutant = name });

    private static Mutant Store(string name, string rule, QuorumSabotage sabotage) =>
        new(name, rule, options => options with { StoreSabotage = sabotage, Mutant = name });
}
