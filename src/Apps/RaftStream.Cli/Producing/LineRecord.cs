using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Producing;

/// <summary>How a line becomes a record.</summary>
/// <param name="KeySeparator">UTF-8; what is before its first occurrence is the key. Empty: lines have no keys.</param>
/// <param name="Headers">Go with every record.</param>
/// <param name="Partition">Null leaves the choice to the key.</param>
internal sealed record LineRecord(byte[] KeySeparator, RecordHeader[] Headers, int? Partition)
{
    /// <summary>The record of a line, in the line's memory.</summary>
    /// <returns>False when the line has no separator.</returns>
    public bool TryParse(ReadOnlySpan<byte> line, out BorrowedRecord record)
    {
        OptionalBytes key = OptionalBytes.Null;
        ReadOnlySpan<byte> value = line;
        if (KeySeparator.Length > 0)
        {
            int at = line.IndexOf(KeySeparator);
            if (at < 0)
            {
                record = default;
                return false;
            }

            key = line[..at];
            value = line[(at + KeySeparator.Length)..];
        }

        record = new BorrowedRecord { Key = key, Value = value, Headers = Headers, Partition = Partition };
        return true;
    }
}
