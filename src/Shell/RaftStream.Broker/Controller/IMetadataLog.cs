using System.Collections.Immutable;
using RaftStream.Internal.V1;

namespace RaftStream.Broker.Controller;

/// <summary>The metadata log as the controller sees it: one voter's file now, the quorum's log later.</summary>
internal interface IMetadataLog
{
    /// <summary>Offset of the next record.</summary>
    long EndOffset { get; }

    /// <summary>Appends records as one atomic batch; they are committed, and durable, when it returns (C-14.2).</summary>
    /// <returns>Offset of the first record.</returns>
    long Append(ImmutableArray<MetadataRecord> records);

    /// <summary>Hands every committed batch to <paramref name="replay"/>, in order: offset of its first record, and the records.</summary>
    void ReadAll(Action<long, IReadOnlyList<MetadataRecord>> replay);
}
