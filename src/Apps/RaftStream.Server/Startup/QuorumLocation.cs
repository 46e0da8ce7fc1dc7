namespace RaftStream.Server.Startup;

/// <summary>Where a node's metadata lies.</summary>
public static class QuorumLocation
{
    /// <summary>Name of the folder below the data folder.</summary>
    public const string FolderName = "quorum";

    /// <summary>What an earlier layout kept among the partitions.</summary>
    private const string EarlierLog = "__cluster_metadata-0";

    /// <summary>The folder, absolute.</summary>
    /// <param name="quorumDirectory"><c>quorum.directory</c>; empty is in the data folder.</param>
    public static string Of(string dataDirectory, string quorumDirectory) => quorumDirectory.Length > 0
        ? Path.GetFullPath(quorumDirectory)
        : Path.Combine(Path.GetFullPath(dataDirectory), FolderName);

    /// <summary>True when the data folder keeps the metadata log among its partitions, as earlier versions did.</summary>
    public static bool IsOfEarlierLayout(string dataDirectory) =>
        Directory.Exists(Path.Combine(Path.GetFullPath(dataDirectory), EarlierLog));
}
