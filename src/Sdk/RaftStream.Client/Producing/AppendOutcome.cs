namespace RaftStream.Client.Producing;

/// <summary>What became of an attempt to add a record.</summary>
internal enum AppendOutcome
{
    /// <summary>In the open batch.</summary>
    Taken,

    /// <summary>In the batch, which is now full: who chooses partitions freely should turn to another.</summary>
    TakenLast,

    /// <summary>Not taken: the batch was full and is on its way; a new one may be begun here or elsewhere.</summary>
    BatchFull,

    /// <summary>Not taken: the memory is used up.</summary>
    NoMemory,
}
