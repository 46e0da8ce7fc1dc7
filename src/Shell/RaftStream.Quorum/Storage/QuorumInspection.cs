using System.Collections.Immutable;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;
using RaftStream.Model;

namespace RaftStream.Quorum.Storage;

/// <summary>What a quorum folder says of itself; found without a lock and without changing a byte, also while a node runs on it.</summary>
/// <param name="Identity">Cluster, node and directory id.</param>
/// <param name="State">Epoch, leader and vote; null when <c>quorum-state</c> is missing or damaged: formatting was interrupted, or the vote was lost.</param>
/// <param name="DurableBound">Everything below it was durable once.</param>
/// <param name="Snapshots">Sound ones, oldest first; 0-0 is what formatting made of the initial voters.</param>
/// <param name="SnapshotVoters">The voters that the newest snapshot names; the log may have changed them since. Null without a snapshot.</param>
/// <param name="LogBytes">Size of the log's segments.</param>
public sealed record QuorumInspection(
    DirectoryIdentity Identity,
    QuorumState? State,
    Offset DurableBound,
    ImmutableArray<SnapshotId> Snapshots,
    VoterSet? SnapshotVoters,
    long LogBytes)
{
    /// <summary>Reads the folder; null when it is not there or was never formatted.</summary>
    /// <exception cref="StorageException">A file cannot be read.</exception>
    public static QuorumInspection? TryRead(IFileSystem fileSystem, string directory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        if (!fileSystem.DirectoryExists(directory) || MetaPropertiesFile.TryRead(fileSystem, directory) is not { } identity)
        {
            return null;
        }

        StoredState? stored = TryReadState(fileSystem, directory);
        string log = $"{directory}/{QuorumFolder.Topic}-0";
        IReadOnlyList<string> names = fileSystem.DirectoryExists(log) ? fileSystem.ListFiles(log) : [];
        (SnapshotId Id, VoterSet Voters)[] snapshots =
            [.. names.Select(name => TryReadSnapshot(fileSystem, log, name)).OfType<(SnapshotId Id, VoterSet Voters)>()];
        return new QuorumInspection(
            identity,
            stored?.State,
            stored?.DurableBound ?? Offset.Zero,
            [.. snapshots.Select(snapshot => snapshot.Id)],
            snapshots.Length == 0 ? null : snapshots[^1].Voters,
            names.Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Sum(name => LengthOf(fileSystem, $"{log}/{name}")));
    }

    private static StoredState? TryReadState(IFileSystem fileSystem, string directory)
    {
        try
        {
            return QuorumStateFile.Read(fileSystem, directory);
        }
        catch (StorageException exception) when (exception.Kind is StorageErrorKind.Missing or StorageErrorKind.Corrupt)
        {
            return null;
        }
    }

    // Names are in ordinal order, and so are the ids in them.
    private static (SnapshotId Id, VoterSet Voters)? TryReadSnapshot(IFileSystem fileSystem, string log, string name)
    {
        if (SnapshotStore.TryParseName(name) is not { } id)
        {
            return null;
        }

        using IFile file = fileSystem.Open($"{log}/{name}", FileOpenMode.Read);
        return SnapshotFile.TryRead(file, id) is { } content ? (id, content.Voters) : null;
    }

    private static long LengthOf(IFileSystem fileSystem, string path)
    {
        using IFile file = fileSystem.Open(path, FileOpenMode.Read);
        return file.Length;
    }
}
