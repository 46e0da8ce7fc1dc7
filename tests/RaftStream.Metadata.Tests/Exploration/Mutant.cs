namespace RaftStream.Metadata.Tests.Exploration;

/// <summary>A rule that is broken on purpose: the exploration must notice, or it proves nothing.</summary>
public enum Mutant
{
    /// <summary>All rules are kept.</summary>
    None,

    /// <summary>R-9.5: a broker that has lost its unflushed tail (flush=os) passes for one that stopped in good order.</summary>
    UncleanPassesForClean,

    /// <summary>R-9.1, P51: proposals do not say which registration was seen fetching.</summary>
    NoEpochInProposals,

    /// <summary>R-8.4, P49: the leader drops the union with a proposal as soon as that is rejected.</summary>
    UnionDroppedAtRejection,

    /// <summary>R-2.2, P57: dropping a replica does not move the leader epoch.</summary>
    DropKeepsLeaderEpoch,

    /// <summary>R-10.2, P73: a reassignment ends at once, whoever is in sync.</summary>
    ReassignmentEndsEarly,

    /// <summary>R-9.3: below the minimum every replica is eligible.</summary>
    EverybodyIsEligible,

    /// <summary>R-9.6: anybody who is up may lead, and nobody is told.</summary>
    UncleanElectionUnmarked,

    /// <summary>R-9.4, P75: who is fenced stays in the ISR.</summary>
    FencedBrokerStaysInIsr,

    /// <summary>R-8.1: a replica joins that has not all of what the leader has committed.</summary>
    JoinsBeforeItHasAll,
}
