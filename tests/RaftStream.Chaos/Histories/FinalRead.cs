namespace RaftStream.Chaos.Histories;

/// <summary>A whole partition as one reader saw it after everything was healed.</summary>
internal sealed class FinalRead
{
    public FinalRead(string process, IEnumerable<PollOperation> polls)
    {
        Process = process;
        Records = [.. polls.SelectMany(poll => poll.Records)];
        Values = Records.Select(record => record.Value).OfType<Value>().ToHashSet();
        LastOffset = Records.Count == 0 ? -1 : Records.Max(record => record.Offset);
    }

    public string Process { get; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<Seen> Records { get; }

    public IReadOnlySet<Value> Values { get; }

    /// <summary>-1 when the partition is empty.</summary>
    public long LastOffset { get; }
}
