using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>Formats a quorum folder and opens it again, whatever a crash left; refuses where durable data was lost (C-2.2, C-13).</summary>
internal static class QuorumFolder
{
    /// <summary>The topic whose only partition is the metadata log.</summary>
    internal const string Topic = "__cluster_metadata";

    private const string LogName = Topic + "-0";
    private const string LockName = ".quorum.lock";

    /// <summary>The metadata log has the same id everywhere; no topic gets it.</summary>
    private static readonly TopicId MetadataTopicId = new(new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    internal static void Format(IFileSystem fileSystem, string directory, DirectoryIdentity identity, VoterSet initialVoters)
    {
        LogDirectory.Format(fileSystem, directory, identity);
        var options = new LogDirectoryOptions { MinFreeBytes = 0, RecoveryParallelism = 1 };
        using (LogDirectory logs = LogDirectory.Open(fileSystem, directory, options))
        {
            logs.Create(Topic, 0, MetadataTopicId, new QuorumStoreOptions().LogOptions);
        }

        if (initialVoters.Voters.Length > 0)
        {
            var snapshots = new SnapshotStore(fileSystem, $"{directory}/{LogName}", QuorumSabotage.None);
            snapshots.Create(new SnapshotContent(SnapshotId.Bootstrap, initialVoters, []), nowMs: 0);
        }

        // Last: without it nothing of the above counts.
        QuorumStateFile.Write(fileSystem, directory, new StoredState(QuorumState.New, Offset.Zero, Generation: 1));
    }

    internal static QuorumStore Open(IFileSystem fileSystem, string directory, QuorumStoreOptions options)
    {
        CheckIdentity(fileSystem, directory, options);
        IDisposable ownLock = fileSystem.Lock($"{directory}/{LockName}");
        LogDirectory? logs = null;
        try
        {
            StoredState stored = QuorumStateFile.Read(fileSystem, directory);
            string folder = $"{directory}/{LogName}";
            if (!fileSystem.DirectoryExists(folder))
            {
                throw QuorumStateFile.Refused(StorageErrorKind.Missing, $"The log folder {folder} is missing.");
            }

            var snapshots = new SnapshotStore(fileSystem, folder, options.Sabotage);
            snapshots.Load();
            if ((options.Sabotage & QuorumSabotage.IgnoreBound) == 0)
            {
                DurableBoundCheck.Run(fileSystem, folder, snapshots.Newest?.EndOffset ?? Offset.Zero, stored.DurableBound);
            }

            logs = LogDirectory.Open(fileSystem, directory, new LogDirectoryOptions
            {
                DefaultLogOptions = options.LogOptions,
                MinFreeBytes = 0,
                RecoveryParallelism = 1,
                Sabotage = options.LogSabotage,
            });
            PartitionLog log = logs.Find(Topic, 0)
                ?? throw QuorumStateFile.Refused(StorageErrorKind.Missing, $"The log in {folder} cannot be opened: its partition.metadata is damaged.");
            return Recover(fileSystem, directory, options, ownLock, logs, log, snapshots, stored);
        }
        catch
        {
            logs?.Dispose();
            ownLock.Dispose();
            throw;
        }
    }

    private static void CheckIdentity(IFileSystem fileSystem, string directory, QuorumStoreOptions options)
    {
        if (!fileSystem.DirectoryExists(directory))
        {
            throw new StorageException(StorageErrorKind.NotFormatted, $"The quorum folder {directory} does not exist: format it first.");
        }

        DirectoryIdentity identity = MetaPropertiesFile.TryRead(fileSystem, directory)
            ?? throw new StorageException(
                StorageErrorKind.NotFormatted, $"{directory}/{MetaPropertiesFile.Name} is missing or damaged: the folder is not formatted.");
        if (options.ClusterId is { } clusterId && clusterId != identity.ClusterId)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner, $"The quorum folder {directory} belongs to cluster {identity.ClusterId}, not to {clusterId}.");
        }

        if (options.NodeId is { } nodeId && nodeId != identity.NodeId)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner, $"The quorum folder {directory} belongs to node {identity.NodeId}, not to {nodeId}.");
        }
    }

    private static QuorumStore Recover(
        IFileSystem fileSystem,
        string directory,
        QuorumStoreOptions options,
        IDisposable ownLock,
        LogDirectory logs,
        PartitionLog log,
        SnapshotStore snapshots,
        StoredState stored)
    {
        LogRecovery.CheckEnd(log, snapshots, stored.DurableBound, options.Sabotage);
        LogRecovery.AlignWithSnapshots(log, snapshots, options.Sabotage);
        RecoveredLog recovered = LogRecovery.Describe(log, snapshots, options.Sabotage);
        QuorumState state = LogRecovery.CheckEpoch(stored.State, recovered, options);
        // Written anew: what was read may be in the page cache only, after a flush that failed (C-13.2, P27).
        var next = new StoredState(state, log.DurableEnd, stored.Generation + 1);
        QuorumStateFile.Write(fileSystem, directory, next, options.Sabotage);
        return new QuorumStore(new QuorumStoreParts
        {
            FileSystem = fileSystem,
            Directory = directory,
            Options = options,
            OwnLock = ownLock,
            LogDirectory = logs,
            Log = log,
            Snapshots = snapshots,
            Stored = next,
            Recovered = recovered,
        });
    }
}
