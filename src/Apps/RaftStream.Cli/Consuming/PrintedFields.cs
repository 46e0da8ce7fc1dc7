namespace RaftStream.Cli.Consuming;

/// <summary>What the raw format prints in front of each value, in this order.</summary>
/// <param name="Separator">UTF-8, after each field.</param>
internal sealed record PrintedFields(bool Partition, bool Offset, bool Timestamp, bool Headers, bool Key, byte[] Separator);
