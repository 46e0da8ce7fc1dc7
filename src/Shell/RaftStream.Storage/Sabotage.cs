namespace RaftStream.Storage;

/// <summary>Rules that a test switches off to see that its checker notices. Never set outside tests.</summary>
[Flags]
internal enum Sabotage
{
    None = 0,

    /// <summary>Recovery keeps the tail in the file that may never have reached the disk .</summary>
    NoTailRewrite = 1 << 0,

    /// <summary>The durable end moves before fdatasync .</summary>
    DurableBeforeFlush = 1 << 1,

    /// <summary>Truncation flushes neither file nor folder (R-13.1, P26).</summary>
    NoTruncationSync = 1 << 2,

    /// <summary>Truncation leaves the checkpointed recovery point where it is.</summary>
    KeepRecoveryPoint = 1 << 3,

    /// <summary>Recovery does not verify checksums .</summary>
    NoChecksum = 1 << 4,

    /// <summary>Recovery keeps segments behind a cut .</summary>
    KeepLaterSegments = 1 << 5,

    /// <summary>Segments are deleted before the log start is durable (R-12 table).</summary>
    DeleteBeforeLogStart = 1 << 6,

    /// <summary>Recovery believes index entries past the recovery point (R-12.3, P79).</summary>
    TrustIndex = 1 << 7,

    /// <summary>Recovery believes the epoch checkpoint beyond the recovery point (P69).</summary>
    TrustEpochFile = 1 << 8,

    /// <summary>The recovery point is checkpointed up to the log's end, flushed or not .</summary>
    EagerRecoveryPoint = 1 << 9,

    /// <summary>New segments count without a flush of the folder .</summary>
    NoFolderSync = 1 << 10,

    /// <summary>The clean-shutdown file stays when the folder is opened (R-14.1, P55).</summary>
    KeepCleanShutdownFile = 1 << 11,

    /// <summary>A failed flush does not stop the log, and the next one counts (P27).</summary>
    RetryFlush = 1 << 12,

    /// <summary>What was never flushed counts as durable .</summary>
    NoFlush = 1 << 13,

    /// <summary>Recovery keeps producers' state from above the log's end, where the log will hold other batches .</summary>
    KeepProducerSnapshots = 1 << 14,

    /// <summary>Followers do not take note of producers, so that a new leader knows none (G-3.2).</summary>
    FollowersForgetProducers = 1 << 15,

    /// <summary>A truncation leaves producers as they were above its end .</summary>
    KeepCutProducers = 1 << 16,

    /// <summary>Recovery removes a tail's own file before it is flushed where it belongs .</summary>
    NoFoldFlush = 1 << 17,
}
