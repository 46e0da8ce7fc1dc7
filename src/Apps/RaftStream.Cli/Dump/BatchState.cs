namespace RaftStream.Cli.Dump;

/// <summary>What the checks of one batch said.</summary>
internal enum BatchState
{
    /// <summary>Checksum and records are right.</summary>
    Sound,

    /// <summary>The checksum is right; the codec's library is not installed here.</summary>
    Unreadable,

    /// <summary>Checksum or records are wrong.</summary>
    Corrupt,
}
