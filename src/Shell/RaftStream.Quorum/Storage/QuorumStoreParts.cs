using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>What opening a folder put together.</summary>
internal sealed record QuorumStoreParts
{
    internal required IFileSystem FileSystem { get; init; }

    internal required string Directory { get; init; }

    internal required QuorumStoreOptions Options { get; init; }

    internal required IDisposable OwnLock { get; init; }

    internal required LogDirectory LogDirectory { get; init; }

    internal required PartitionLog Log { get; init; }

    internal required SnapshotStore Snapshots { get; init; }

    internal required StoredState Stored { get; init; }

    internal required RecoveredLog Recovered { get; init; }
}
