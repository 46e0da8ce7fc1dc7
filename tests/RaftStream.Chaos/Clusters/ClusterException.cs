namespace RaftStream.Chaos.Clusters;

/// <summary>The cluster does not do what it was told: nodes that do not start, or do not become ready.</summary>
internal sealed class ClusterException(string message) : Exception(message);
