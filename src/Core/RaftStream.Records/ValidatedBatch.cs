namespace RaftStream.Records;

/// <summary>What validation learned about a good batch.</summary>
/// <param name="Header">The header, as sent.</param>
/// <param name="MaxTimestamp">The largest timestamp of the records, ms, which the header may state wrongly.</param>
public readonly record struct ValidatedBatch(RecordBatchHeader Header, long MaxTimestamp);
