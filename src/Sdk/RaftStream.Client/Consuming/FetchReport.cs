namespace RaftStream.Client.Consuming;

/// <summary>What a session tells the fetcher about one of its partitions, which it reads no further.</summary>
internal sealed record FetchReport(FetchCursor Cursor)
{
    /// <summary>It cannot be read here, or not from there.</summary>
    public RaftStreamException? Failure { get; init; }

    /// <summary>The log was cut to this offset, below what was read.</summary>
    public long DivergedAt { get; init; } = -1;

    /// <summary>The broker to read on from, as the leader says.</summary>
    public int? Replica { get; init; }
}
