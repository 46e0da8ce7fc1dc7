namespace RaftStream.Broker.Admin;

/// <summary>The disk below a node's data folder.</summary>
/// <param name="TotalBytes">Its size; null when nobody knows, as in memory.</param>
/// <param name="UsableBytes">What may still be written; null when nobody knows.</param>
public readonly record struct DescribedDisk(long? TotalBytes, long? UsableBytes);
