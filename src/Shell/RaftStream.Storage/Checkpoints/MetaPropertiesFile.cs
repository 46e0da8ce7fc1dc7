using System.Globalization;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary><c>meta.properties</c> in the data folder: cluster, node and disk that it belongs to (C-2.2).</summary>
internal static class MetaPropertiesFile
{
    internal const string Name = "meta.properties";
    private const int Version = 1;
    private const string ClusterIdName = "cluster.id";
    private const string NodeIdName = "node.id";
    private const string DirectoryIdName = "directory.id";

    internal static void Write(IFileSystem fileSystem, string directory, DirectoryIdentity identity) =>
        PropertiesFile.Write(
            fileSystem,
            directory,
            Name,
            Version,
            [
                (ClusterIdName, identity.ClusterId.ToString("D", CultureInfo.InvariantCulture)),
                (NodeIdName, identity.NodeId.ToString()),
                (DirectoryIdName, identity.DirectoryId.ToString("D", CultureInfo.InvariantCulture)),
            ]);

    /// <summary>The identity; null when missing or damaged.</summary>
    internal static DirectoryIdentity? TryRead(IFileSystem fileSystem, string directory)
    {
        Dictionary<string, string>? properties = PropertiesFile.TryRead(fileSystem, directory, Name, Version);
        return properties is not null
            && Guid.TryParseExact(properties.GetValueOrDefault(ClusterIdName), "D", out Guid clusterId)
            && int.TryParse(properties.GetValueOrDefault(NodeIdName), NumberStyles.None, CultureInfo.InvariantCulture, out int nodeId)
            && Guid.TryParseExact(properties.GetValueOrDefault(DirectoryIdName), "D", out Guid directoryId)
            ? new DirectoryIdentity(clusterId, new NodeId(nodeId), directoryId)
            : null;
    }
}
