using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Server.Startup;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Cli.Formatting;

/// <summary>A folder to be formatted for a node, with all that must be true before (C-2.2).</summary>
/// <param name="DataDirectory">The node's data folder.</param>
/// <param name="Directory">The quorum's folder in it, or elsewhere.</param>
/// <param name="Identity">Cluster, node, and this disk.</param>
/// <param name="Voters">Voters of a new cluster; empty for a node that joins one.</param>
internal sealed record FormatPlan(string DataDirectory, string Directory, DirectoryIdentity Identity, VoterSet Voters)
{
    /// <summary>Formats.</summary>
    /// <param name="isContent">True when a folder that was formatted for the same cluster and node is as good.</param>
    /// <returns>False when it was formatted already.</returns>
    /// <exception cref="CliException">The folder must not be formatted.</exception>
    public bool Run(IFileSystem files, bool isContent)
    {
        if (QuorumLocation.IsOfEarlierLayout(DataDirectory))
        {
            throw new CliException(
                $"{DataDirectory} has the layout of an earlier version (__cluster_metadata-0 among the partitions), which cannot be carried over.\n"
                + "Choose another folder with --data.");
        }

        if (File.Exists(Directory))
        {
            throw new CliException($"{Directory} is a file. Remove it, or choose another folder with --data.");
        }

        if (QuorumInspection.TryRead(files, Directory) is { } there)
        {
            return isContent && IsSame(there) ? false : throw AlreadyFormatted(there);
        }

        try
        {
            FormatData(files);
            QuorumStore.Format(files, Directory, Identity, Voters);
            return true;
        }
        catch (StorageException exception) when (exception.Kind == StorageErrorKind.WrongOwner)
        {
            throw new CliException(
                $"{DataDirectory} or {Directory} is not empty, and not formatted either. Empty it, or choose another folder with --data.", inner: exception);
        }
    }

    /// <summary>The folder of the partitions belongs to the same node; first, while it is empty. One that was formatted before is kept.</summary>
    private void FormatData(IFileSystem files)
    {
        if (!LogDirectory.IsFormatted(files, DataDirectory))
        {
            LogDirectory.Format(files, DataDirectory, Identity);
        }
    }

    private bool IsSame(QuorumInspection there) =>
        there.State is not null && there.Identity.ClusterId == Identity.ClusterId && there.Identity.NodeId == Identity.NodeId;

    private CliException AlreadyFormatted(QuorumInspection there)
    {
        if (there.State is null)
        {
            return new CliException(
                $"{Directory} is of node {there.Identity.NodeId} of cluster {there.Identity.ClusterId}, without a sound quorum-state: formatting was "
                + "interrupted, or its vote was lost.\nIf it never ran, remove the folder and format again. If it was a voter, then format with "
                + "--no-initial-voters and replace it: raftstream quorum remove-voter, then add-voter.");
        }

        string owner = $"node {there.Identity.NodeId} of cluster {there.Identity.ClusterId}";
        return IsSame(there)
            ? new CliException($"{Directory} is formatted already, for {owner}. Start it with: raftstream server --data {DataDirectory} ..., or pass --ignore-formatted.")
            : new CliException($"{Directory} is formatted already, for {owner}, not for node {Identity.NodeId} of cluster {Identity.ClusterId}.\nChoose another folder with --data.");
    }
}
