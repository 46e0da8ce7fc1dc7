using System.Buffers;
using System.Text;
using RaftStream.Kafka.Protocol;
using RaftStream.Records;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>A record as text.</summary>
internal sealed record TextRecord(string? Key, string? Value, long TimestampMs = 1000, string Headers = "")
{
    /// <summary>Where it is; -1 before it is anywhere.</summary>
    public long Offset { get; init; } = -1;
}

/// <summary>Encoded batches for requests, and what is in those of answers.</summary>
internal static class Batches
{
    /// <summary>One batch of records without keys.</summary>
    public static WireBytes Of(params string[] values) => Of(CompressionCodec.None, values);

    /// <summary>One batch of records without keys.</summary>
    public static WireBytes Of(CompressionCodec codec, params string[] values) =>
        Of([.. values.Select(value => new TextRecord(null, value))], codec);

    /// <summary>One batch.</summary>
    public static WireBytes Of(
        IReadOnlyList<TextRecord> records, CompressionCodec codec = CompressionCodec.None, (long Id, short Epoch, int Sequence)? producer = null,
        bool isTransactional = false)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1 << 30, Codec = codec });
        if (producer is { } who)
        {
            builder.SetProducer(who.Id, who.Epoch, who.Sequence, isTransactional);
        }

        foreach (TextRecord record in records)
        {
            RecordHeader[] headers = [.. record.Headers.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(ToHeader)];
            Assert.True(builder.TryAppend(record.TimestampMs, Utf8(record.Key), Utf8(record.Value), headers));
        }

        byte[] batch = builder.Build().ToArray();
        Assert.True(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
        Assert.Equal(codec, header.Codec); // records too short to shrink would stay as they are
        return new WireBytes(batch);
    }

    /// <summary>A value that any codec makes smaller.</summary>
    public static string Long(char letter) => new(letter, 300);

    /// <summary>The records of an answer; each batch is checked.</summary>
    public static List<TextRecord> Read(WireBytes records)
    {
        Assert.False(records.IsNull);
        List<TextRecord> all = [];
        using var reader = new RecordBatchReader();
        ReadOnlySpan<byte> left = records.Bytes.ToArray();
        while (!left.IsEmpty)
        {
            RecordCheck check = reader.Open(left, out RecordBatchHeader header, out RecordEnumerator inside);
            Assert.True(check.IsValid, check.ToString());
            while (inside.MoveNext())
            {
                RecordView record = inside.Current;
                var headers = new StringBuilder();
                foreach (RecordHeaderView one in record.Headers)
                {
                    headers.Append(Encoding.UTF8.GetString(one.Key)).Append('=').Append(Encoding.UTF8.GetString(one.Value.Span)).Append(';');
                }

                all.Add(new TextRecord(Text(record.Key), Text(record.Value), record.TimestampMs, headers.ToString()) { Offset = record.Offset });
            }

            left = left[header.SizeInBytes..];
        }

        return all;
    }

    /// <summary>The values of an answer's records, none of them null.</summary>
    public static string[] Values(WireBytes records) => [.. Read(records).Select(record => record.Value!)];

    private static RecordHeader ToHeader(string text)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        return new RecordHeader(text[..at], Encoding.UTF8.GetBytes(text[(at + 1)..]));
    }

    private static byte[]? Utf8(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static string? Text(OptionalBytes bytes) => bytes.IsNull ? null : Encoding.UTF8.GetString(bytes.Span);
}
