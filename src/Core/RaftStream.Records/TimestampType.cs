namespace RaftStream.Records;

/// <summary>Whose clock the timestamps of a batch come from (KIP-32).</summary>
public enum TimestampType : byte
{
    /// <summary>The producer's: each record has its own.</summary>
    CreateTime = 0,

    /// <summary>
    /// The leader's, at append: every record has the batch's <see cref="RecordBatchHeader.MaxTimestamp"/>.
    /// </summary>
    LogAppendTime = 1,
}
