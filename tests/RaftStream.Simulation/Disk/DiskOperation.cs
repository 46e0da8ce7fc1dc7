namespace RaftStream.Simulation.Disk;

/// <summary>What a simulated disk can be told to fail (F-4).</summary>
public enum DiskOperation
{
    /// <summary>Reading bytes.</summary>
    Read,

    /// <summary>Writing bytes; part of them may get through.</summary>
    Write,

    /// <summary>Cutting or extending a file.</summary>
    SetLength,

    /// <summary>Flushing a file: its dirty sectors are dropped, and a later flush succeeds without them.</summary>
    Flush,

    /// <summary>Creating or opening a file, or creating a folder.</summary>
    Open,

    /// <summary>Renaming a file or folder.</summary>
    Rename,

    /// <summary>Removing a file or folder.</summary>
    Delete,

    /// <summary>Flushing a folder.</summary>
    SyncDirectory,
}

/// <summary>What a lying disk pretends to do; the engine cannot survive it, a checker must notice.</summary>
[Flags]
public enum DiskLies
{
    /// <summary>An honest disk.</summary>
    None = 0,

    /// <summary>Flushing a folder does nothing.</summary>
    SyncDirectory = 1,

    /// <summary>Flushing a file does nothing.</summary>
    Flush = 2,
}

/// <summary>The power failed: the disk does nothing more; take a crash image and go on with that.</summary>
public sealed class SimulatedPowerLossException() : Exception("The simulated machine lost power.");
