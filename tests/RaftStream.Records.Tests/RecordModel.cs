using System.Text;

namespace RaftStream.Records.Tests;

/// <summary>A record as a value, to compare what went in with what came out.</summary>
public sealed record RecordModel(
    long TimestampMs, byte[]? Key, byte[]? Value, IReadOnlyList<(byte[] Key, byte[]? Value)> Headers)
{
    public static RecordModel Of(string? key, string? value, long timestampMs = 0) =>
        new(timestampMs, Bytes(key), Bytes(value), []);

    public static RecordModel Of(in RecordView record)
    {
        var headers = new List<(byte[], byte[]?)>();
        foreach (RecordHeaderView header in record.Headers)
        {
            headers.Add((header.Key.ToArray(), header.Value.ToArray()));
        }

        return new RecordModel(record.TimestampMs, record.Key.ToArray(), record.Value.ToArray(), headers);
    }

    public RecordHeader[] HeadersToWrite() =>
        [.. Headers.Select(h => new RecordHeader(h.Key, h.Value))];

    public bool Equals(RecordModel? other) => other is not null && TimestampMs == other.TimestampMs
        && IsSame(Key, other.Key)
        && IsSame(Value, other.Value)
        && Headers.Count == other.Headers.Count
        && Headers.Zip(other.Headers).All(h => IsSame(h.First.Key, h.Second.Key) && IsSame(h.First.Value, h.Second.Value));

    public override int GetHashCode() => TimestampMs.GetHashCode();

    public override string ToString()
    {
        string headers = string.Join(", ", Headers.Select(h => $"{Text(h.Key)}={Text(h.Value)}"));
        return $"{TimestampMs}: {Text(Key)} -> {Text(Value)} [{headers}]";
    }

    private static bool IsSame(byte[]? left, byte[]? right) =>
        (left is null) == (right is null) && left.AsSpan().SequenceEqual(right);

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static string Text(byte[]? bytes) => bytes is null ? "null"
        : bytes.Length > 40
        ? $"<{bytes.Length} bytes, {Crc32C.Compute(bytes):X8}>"
        : $"<{Convert.ToHexString(bytes)}>";
}
