namespace RaftStream.Client.Producing;

/// <summary>What an answer means for the batch it came for.</summary>
internal enum AttemptVerdict
{
    /// <summary>It is in the log.</summary>
    Stored,

    /// <summary>Send it again, while it has time.</summary>
    Again,

    /// <summary>Report its error.</summary>
    Failed,
}
