namespace RaftStream.Cli.Dump;

/// <summary>How much of a segment is printed.</summary>
internal enum DumpDetail
{
    /// <summary>Totals and problems of each file.</summary>
    Summary,

    /// <summary>The header of each batch.</summary>
    Batches,

    /// <summary>The records too.</summary>
    Records,
}
