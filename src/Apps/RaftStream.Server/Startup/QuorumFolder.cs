using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Server.Settings;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Server.Startup;

/// <summary>Opens the folder of a node's metadata, or says in one command what the operator can do (C-2.2, C-13.6).</summary>
internal static class QuorumFolder
{
    /// <summary>The opened folder.</summary>
    /// <exception cref="StartupException">It must not run as this node.</exception>
    public static QuorumStore Open(ServerSettings settings, IFileSystem files)
    {
        string folder = QuorumLocation.Of(settings.DataDirectory, settings.Quorum.Directory);
        if (QuorumLocation.IsOfEarlierLayout(settings.DataDirectory))
        {
            throw new StartupException(
                $"the data folder {Path.GetFullPath(settings.DataDirectory)} has the layout of an earlier version (__cluster_metadata-0 among the partitions), which cannot be carried over; choose another folder with --data");
        }

        try
        {
            return QuorumStore.Open(files, folder, new QuorumStoreOptions
            {
                CanBecomeVoter = settings.Roles.HasFlag(ProcessRoles.Controller),
                ClusterId = settings.ClusterId,
                NodeId = new NodeId(settings.NodeId),
            });
        }
        catch (StorageException exception)
        {
            throw new StartupException(Explain(settings, folder, exception), exception);
        }
    }

    private static string Explain(ServerSettings settings, string folder, StorageException exception)
    {
        string reason = exception.Message.TrimEnd('.');
        return exception.Kind switch
        {
            StorageErrorKind.NotFormatted =>
                $"{reason}. Prepare it with:\n  {FormatCommand(settings, settings.ClusterId?.ToString(), "--no-initial-voters")}\n"
                + (settings.ClusterId is null ? $"where <uuid> is the cluster id, which every node of the cluster tells: {ClusterIdCommand(settings)}\n" : "")
                + "or, on each controller of a new cluster, with the same --initial-voters instead of --no-initial-voters (see raftstream storage format --help). "
                + "If it was a voter and its disk was lost, remove the old voter first: raftstream quorum describe, raftstream quorum remove-voter",
            StorageErrorKind.WrongOwner => $"{reason}; see --cluster-id and --node-id, or choose another folder with --data",
            StorageErrorKind.Locked => $"the quorum folder {folder} is in use by another process; stop that one, or choose another folder with --data",
            StorageErrorKind.Missing or StorageErrorKind.Corrupt => $"{reason}\n{ReplaceCommands(settings, folder)}",
            StorageErrorKind.ReadOnly => $"the quorum folder {folder} cannot be written: {reason}; let this user write it",
            StorageErrorKind.DiskFull => $"the disk of the quorum folder {folder} is full: {reason}; make room",
            _ => $"the quorum folder {folder} cannot be opened: {reason}",
        };
    }

    private static string ReplaceCommands(ServerSettings settings, string folder)
    {
        QuorumInspection? found = QuorumInspection.TryRead(PhysicalFileSystem.Instance, folder);
        string? cluster = found?.Identity.ClusterId.ToString() ?? settings.ClusterId?.ToString();
        string directory = found?.Identity.DirectoryId.ToString() ?? "<directory-id>";
        return $"  raftstream quorum remove-voter {settings.NodeId}:{directory}   (at a node that runs)\n"
            + $"  mv {folder} {folder}.lost\n"
            + $"  {FormatCommand(settings, cluster, "--no-initial-voters")} --ignore-formatted\n"
            + (cluster is null ? $"where <uuid> is the cluster id, which every node of the cluster tells: {ClusterIdCommand(settings)}\n" : "")
            + "then start the node, and: raftstream quorum add-voter";
    }

    private static string ClusterIdCommand(ServerSettings settings) =>
        $"raftstream cluster describe --bootstrap {(settings.Quorum.BootstrapServers.IsEmpty ? "<host:port>" : string.Join(',', settings.Quorum.BootstrapServers))}";

    private static string FormatCommand(ServerSettings settings, string? cluster, string mode)
    {
        string elsewhere = settings.Quorum.Directory.Length == 0 ? "" : $" --quorum-directory {settings.Quorum.Directory}";
        return $"raftstream storage format --cluster-id {cluster ?? "<uuid>"} --node-id {settings.NodeId} --data {settings.DataDirectory}{elsewhere} {mode}";
    }
}
