using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>Builds and reads whole batches for tests.</summary>
internal static class Batches
{
    public static readonly CompressionCodec[] AllCodecs = Enum.GetValues<CompressionCodec>();

    public static byte[] Build(
        IEnumerable<RecordModel> records,
        CompressionCodec codec = CompressionCodec.None,
        Action<RecordBatchBuilder>? configure = null)
    {
        using var builder = new RecordBatchBuilder(
            new RecordBatchBuilderOptions { Codec = codec, BatchBytes = int.MaxValue });
        configure?.Invoke(builder);
        foreach (RecordModel record in records)
        {
            Assert.True(builder.TryAppend(record.TimestampMs, record.Key, record.Value, record.HeadersToWrite()));
        }

        return builder.Build().ToArray();
    }

    /// <summary>Records that every codec shrinks, so that none falls back to no codec.</summary>
    public static RecordModel[] Compressible(int count) =>
        [.. Enumerable.Range(0, count).Select(i => RecordModel.Of($"key-{i % 7}", $"value {i} of many values", 1_000 + i))];

    /// <summary>The records as they are, bit by bit, whether or not the codec makes them smaller.</summary>
    public static byte[] BuildCompressedAnyway(IEnumerable<RecordModel> records, CompressionCodec codec)
    {
        byte[] plain = Build(records);
        if (codec == CompressionCodec.None)
        {
            return plain;
        }

        using var compressed = new PooledBufferWriter();
        compressed.Write(plain.AsSpan(0, RecordBatchHeader.Size));
        Assert.True(CompressionCodecs.Find(codec)!.Compress(plain.AsSpan(RecordBatchHeader.Size), compressed).IsValid);
        return Edit(compressed.Written.ToArray(), h => h with { Attributes = (short)(h.Attributes | (short)codec) });
    }

    /// <summary>Changes the header and makes length and checksum right again.</summary>
    public static byte[] Edit(byte[] batch, Func<RecordBatchHeader, RecordBatchHeader> edit)
    {
        byte[] edited = [.. batch];
        edit(Header(batch)).Seal(edited);
        return edited;
    }

    /// <summary>A batch with these bytes as its records, and length and checksum right.</summary>
    public static byte[] WithPayload(byte[] batch, ReadOnlySpan<byte> payload)
    {
        byte[] edited = [.. batch.AsSpan(0, RecordBatchHeader.Size), .. payload];
        Header(batch).Seal(edited);
        return edited;
    }

    public static RecordBatchHeader Header(ReadOnlySpan<byte> batch)
    {
        Assert.True(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
        return header;
    }

    public static List<RecordModel> Read(ReadOnlySpan<byte> batch)
    {
        RecordCheck check = TryRead(batch, out List<RecordModel> records);
        Assert.Equal(RecordCheck.Valid, check);
        return records;
    }

    public static RecordCheck TryRead(
        ReadOnlySpan<byte> batch, out List<RecordModel> records, int maxDecompressedBytes = 16 * 1024 * 1024)
    {
        records = [];
        using var reader = new RecordBatchReader(maxDecompressedBytes);
        RecordCheck check = reader.Open(batch, out _, out RecordEnumerator enumerator);
        if (!check.IsValid)
        {
            return check;
        }

        while (enumerator.MoveNext())
        {
            records.Add(RecordModel.Of(enumerator.Current));
        }

        return enumerator.Check;
    }

    public static RecordCheck Validate(byte[] batch, RecordBatchRules? rules = null, long nowMs = 0) =>
        Validate(new ReadOnlySequence<byte>(batch), rules, nowMs);

    public static RecordCheck Validate(in ReadOnlySequence<byte> batch, RecordBatchRules? rules = null, long nowMs = 0) =>
        RecordBatchValidator.Validate(batch, rules ?? Lenient, nowMs, out _);

    public static readonly RecordBatchRules Lenient = new()
    {
        MaxBatchBytes = int.MaxValue,
        MaxSegmentBytes = int.MaxValue,
        TimestampAfterMaxMs = long.MaxValue,
    };

    public static RecordModel Random(Prng prng)
    {
        var headers = new (byte[], byte[]?)[prng.OneIn(3) ? prng.Next(4) : 0];
        for (int i = 0; i < headers.Length; i++)
        {
            headers[i] = (RandomBytes(prng, 20), prng.OneIn(4) ? null : RandomBytes(prng, 40));
        }

        byte[]? key = prng.OneIn(3) ? null : RandomBytes(prng, 20);
        byte[]? value = prng.OneIn(8) ? null : RandomBytes(prng, prng.OneIn(20) ? 3000 : 150);
        return new RecordModel(prng.Next(0, 1L << (1 + prng.Next(41))), key, value, headers);
    }

    private static byte[] RandomBytes(Prng prng, int maxLength)
    {
        byte[] bytes = new byte[prng.Next(maxLength + 1)];
        prng.Fill(bytes);
        return bytes;
    }
}
