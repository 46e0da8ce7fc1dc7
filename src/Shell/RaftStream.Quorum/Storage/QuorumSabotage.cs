namespace RaftStream.Quorum.Storage;

/// <summary>Rules that a test switches off to see that its checker notices. Never set outside tests.</summary>
[Flags]
internal enum QuorumSabotage
{
    None = 0,

    /// <summary>The quorum state is written without a flush of file or folder (C-3, P1).</summary>
    NoStateSync = 1 << 0,

    /// <summary>A truncation leaves the durable lower bound where it is (C-13.6).</summary>
    KeepBound = 1 << 1,

    /// <summary>A log that ends below its durable lower bound is opened (C-13.6, P28).</summary>
    IgnoreBound = 1 << 2,

    /// <summary>A log with a later epoch than the state is opened (C-3.1, P29).</summary>
    IgnoreLogEpoch = 1 << 3,

    /// <summary>A snapshot gets its name before its bytes are flushed (P20).</summary>
    NoSnapshotFlush = 1 << 4,

    /// <summary>A snapshot counts without a flush of the folder (P19).</summary>
    NoSnapshotFolderSync = 1 << 5,

    /// <summary>Snapshots are not verified (C-10.5, P20).</summary>
    NoSnapshotCheck = 1 << 6,

    /// <summary>A snapshot ahead of the log leaves the log as it is (C-13.3).</summary>
    NoResetAtOpen = 1 << 7,

    /// <summary>Batches below the durable lower bound are not read when the folder is opened (C-13.1).</summary>
    NoLogCheck = 1 << 8,
}
