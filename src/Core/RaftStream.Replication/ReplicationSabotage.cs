namespace RaftStream.Replication;

/// <summary>Rules that a test switches off to see that its checker notices. Never set outside tests.</summary>
[Flags]
internal enum ReplicationSabotage
{
    None = 0,

    /// <summary>A follower takes any answer, also a late or doubled one (R-7.1, P25).</summary>
    TakeAnyAnswer = 1 << 0,

    /// <summary>A leader counts what it has not flushed (R-5.1, P60).</summary>
    CountUnflushedSelf = 1 << 1,

    /// <summary>A replica joins the ISR by its log end, flushed or not (R-8.1, P59).</summary>
    JoinByLogEnd = 1 << 2,

    /// <summary>A refused proposal counts for nothing at once (R-8.4, P49).</summary>
    RevertAfterRefusal = 1 << 3,

    /// <summary>What is proposed binds only once it is committed .</summary>
    NoMaximalIsr = 1 << 4,

    /// <summary>A replica joins the ISR before it holds what the leader began with (R-8.1, P47).</summary>
    JoinBelowReignStart = 1 << 5,

    /// <summary>A follower does not say which epoch it read last (R-7.2, P44).</summary>
    NoDivergenceCheck = 1 << 6,

    /// <summary>The high watermark advances with too few in-sync replicas (R-5.1, P54).</summary>
    AdvanceBelowMinIsr = 1 << 7,

    /// <summary>What is known of followers is kept from one reign to the next (R-3.3, P61).</summary>
    KeepRemoteState = 1 << 8,

    /// <summary>Who is proposed to leave no longer counts (R-8.6, P48).</summary>
    EagerShrink = 1 << 9,

    /// <summary>A diverging fetch counts for the high watermark (R-6.2, P46).</summary>
    CountDivergingFetch = 1 << 10,

    /// <summary>A producer's wait outlives the reign (R-4.4, P63).</summary>
    AckByOffsetOnly = 1 << 11,

    /// <summary>A follower takes the high watermark of a diverging answer (R-5.3, P46).</summary>
    HighWatermarkFromDivergence = 1 << 12,

    /// <summary>A fetch of an earlier registration counts (R-6.1, P51).</summary>
    TakeStaleBroker = 1 << 13,

    /// <summary>A leader acknowledges what it has itself, without waiting for its followers .</summary>
    CountNobodyElse = 1 << 14,

    /// <summary>A leader takes the minimum ISR from the config, not from the state that the controller stamped (R-2.3, P53).</summary>
    MinIsrFromConfig = 1 << 15,

    /// <summary>A new leader tells where the log ends before it has committed what its reign began with (R-11.3, P66).</summary>
    EndBeforeReignStart = 1 << 16,

    /// <summary>A batch that came again is acknowledged at once, though the original may not be committed (R-4.5, P103).</summary>
    AckDuplicateAtOnce = 1 << 17,
}
