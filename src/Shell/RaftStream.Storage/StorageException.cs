namespace RaftStream.Storage;

/// <summary>What broke, as far as a caller treats it differently.</summary>
public enum StorageErrorKind
{
    /// <summary>A read, write, flush, rename or other system call failed: stop the log directory .</summary>
    Io,

    /// <summary>No space was left (ENOSPC, EDQUOT): the reserve of should have prevented it.</summary>
    DiskFull,

    /// <summary>The folder or file cannot be written (EROFS, EACCES, EPERM).</summary>
    ReadOnly,

    /// <summary>An earlier failure stopped this log; nothing is retried (P27).</summary>
    Stopped,

    /// <summary>Another process holds the folder's lock.</summary>
    Locked,

    /// <summary>The folder holds no <c>meta.properties</c>, or one that cannot be read.</summary>
    NotFormatted,

    /// <summary>The folder belongs to another cluster or node.</summary>
    WrongOwner,

    /// <summary>Bytes on disk are not what was written: bit rot, or a foreign file.</summary>
    Corrupt,

    /// <summary>The bytes asked for were truncated away meanwhile: nothing is broken.</summary>
    Truncated,

    /// <summary>The process has as many files open as it may (EMFILE, ENFILE): says nothing of the disk.</summary>
    NoHandles,

    /// <summary>A file or folder that must exist is missing, or one that must not exist is there.</summary>
    Missing,
}

/// <summary>A broken or refused disk operation. The log that threw it stays stopped; the supervisor stops the node.</summary>
public sealed class StorageException(StorageErrorKind kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What broke.</summary>
    public StorageErrorKind Kind { get; } = kind;

    /// <summary>True when a read that ended so could not get bytes that must be there .</summary>
    public bool IsDamage => Kind is StorageErrorKind.Io or StorageErrorKind.Corrupt;
}
