using System.Globalization;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Cli.Formatting;

/// <summary>
/// A folder, on another disk than the nodes' own, that remembers which nodes of which cluster were formatted before. A
/// voter whose disk came back empty must not begin as that voter again: it could vote twice (C-2.2). With the receipt,
/// formatting that happens by itself at every start tells an empty new node from one that lost its disk.
/// </summary>
/// <param name="folder">Where the receipts lie; made when it is missing.</param>
internal sealed class Receipts(IFileSystem files, string folder)
{
    /// <summary>True when the node was formatted before, on whatever disk.</summary>
    public bool Has(Guid clusterId, NodeId node) => files.FileExists(PathOf(clusterId, node));

    /// <summary>Remembers the node, durably when it returns. To be called before the node first runs.</summary>
    public void Write(Guid clusterId, NodeId node)
    {
        if (Has(clusterId, node))
        {
            return;
        }

        files.CreateDirectory(folder);
        using (files.Open(PathOf(clusterId, node), FileOpenMode.CreateOrTruncate))
        {
            // Its name says everything.
        }

        files.SyncDirectory(folder);
    }

    private string PathOf(Guid clusterId, NodeId node) =>
        $"{folder}/{clusterId}-node-{node.Value.ToString(CultureInfo.InvariantCulture)}.formatted";
}
