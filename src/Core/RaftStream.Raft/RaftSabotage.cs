namespace RaftStream.Raft;

/// <summary>Rules that a test switches off to see that its checker notices. Never set outside tests.</summary>
[Flags]
internal enum RaftSabotage : long
{
    None = 0,

    /// <summary>Votes and epochs are told before they are durable (C-3, P1).</summary>
    VoteNotPersisted = 1L << 0,

    /// <summary>A leader counts what it has not flushed (C-8.2, P2).</summary>
    CountUnflushedSelf = 1L << 1,

    /// <summary>A follower reports its log end as durable (7.4, P3).</summary>
    ReportUnflushed = 1L << 2,

    /// <summary>A restarted leader goes on in its epoch (C-13.4, P4).</summary>
    ResumeAsLeader = 1L << 3,

    /// <summary>A restarted candidate counts on in its epoch (C-13.4, P5).</summary>
    ResumeAsCandidate = 1L << 4,

    /// <summary>Entries of earlier epochs are committed by count (C-8.2, P6).</summary>
    CommitEarlierEpochs = 1L << 5,

    /// <summary>Logs are compared by length first (7.1, P7).</summary>
    CompareLengthFirst = 1L << 6,

    /// <summary>Elections begin without a pre-vote (7.1, P8).</summary>
    NoPreVote = 1L << 7,

    /// <summary>Pre-votes are granted although the leader is heard (7.1, P8, P9).</summary>
    AlwaysGrantPreVote = 1L << 8,

    /// <summary>A resigned or suspected leader still counts as heard (7.1, P10).</summary>
    IgnoreResignation = 1L << 9,

    /// <summary>A leader that nobody fetches from goes on (C-8.6, P11).</summary>
    NoCheckQuorum = 1L << 10,

    /// <summary>A rejected candidate starts over at once (P12).</summary>
    NoElectionWait = 1L << 11,

    /// <summary>Any fetch confirms a read (C-8.5, P13).</summary>
    BarrierWithoutEcho = 1L << 12,

    /// <summary>Voters are changed before the own reign is committed (C-11.2, P14).</summary>
    EarlyVoterChange = 1L << 13,

    /// <summary>A second voter with the same id is taken (C-11.3, P15).</summary>
    SameIdVoter = 1L << 14,

    /// <summary>A leader outside the voters counts itself (C-8.2, P16).</summary>
    CountRemovedSelf = 1L << 15,

    /// <summary>Truncation leaves the voters as they were (C-4.7, P17).</summary>
    KeepVoters = 1L << 16,

    /// <summary>A node that resigned is announced as leader (C-8.4, P22).</summary>
    AnnounceResigned = 1L << 17,

    /// <summary>Batches of a later epoch than the fetch's are taken (C-4.8, P24).</summary>
    TakeLaterEpochs = 1L << 18,

    /// <summary>Any answer is taken, also twice (C-1.5, P25).</summary>
    TakeAnyResponse = 1L << 19,

    /// <summary>Votes twice in an epoch (7.1, S-C2).</summary>
    VoteTwice = 1L << 20,

    /// <summary>Votes are granted to candidates that lack entries (7.1).</summary>
    IgnoreLogInVote = 1L << 21,

    /// <summary>A follower does not cut what its leader does not have (C-4.7).</summary>
    NoTruncation = 1L << 22,

    /// <summary>A minority elects and commits (C-8.2).</summary>
    MinorityQuorum = 1L << 23,

    /// <summary>Leadership is announced before the log up to it is applied (C-8.4).</summary>
    AnnounceEarly = 1L << 24,

    /// <summary>Voters that miss their leader at once stand against each other (C-5.6).</summary>
    NoYield = 1L << 25,
}
