namespace RaftStream.Chaos.Histories;

/// <summary>What a client knows of its operation when it is over.</summary>
internal enum Outcome
{
    /// <summary>It happened.</summary>
    Ok,

    /// <summary>It did not happen, and never will.</summary>
    Fail,

    /// <summary>Nobody knows: it may have happened, or happen yet.</summary>
    Info,
}
