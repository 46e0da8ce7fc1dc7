using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Storage.Tests;

/// <summary>Encoded batches for logs under test.</summary>
internal static class Batches
{
    /// <summary>A batch of small records, all with one timestamp; the filler tells batches apart.</summary>
    internal static ReadOnlyMemory<byte> Of(int records, long timestampMs = 1000, int valueBytes = 10, byte filler = 7) =>
        Of(records, timestampMs, valueBytes, filler, (-1, -1, -1));

    /// <summary>The same of an idempotent producer, unless its id is -1.</summary>
    internal static ReadOnlyMemory<byte> Of(
        int records, long timestampMs, int valueBytes, byte filler, (long Id, short Epoch, int Sequence) producer)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
        if (producer.Id >= 0)
        {
            builder.SetProducer(producer.Id, producer.Epoch, producer.Sequence);
        }

        byte[] value = new byte[valueBytes];
        Array.Fill(value, filler);
        for (int i = 0; i < records; i++)
        {
            Assert.True(builder.TryAppend(timestampMs, default, value));
        }

        return builder.Build().ToArray();
    }

    /// <summary>As a replica gets it: base offset and epoch set.</summary>
    internal static byte[] Placed(ReadOnlyMemory<byte> batch, long baseOffset, int epoch)
    {
        byte[] copy = batch.ToArray();
        RecordBatchHeader.PatchOffsetAndEpoch(copy, new Offset(baseOffset), new LeaderEpoch(epoch));
        return copy;
    }

    internal static Offset Append(this PartitionLog log, ReadOnlyMemory<byte> batch, int epoch = 0, long nowMs = 1000)
    {
        Assert.True(RecordBatchHeader.TryRead(batch.Span, out RecordBatchHeader header));
        return log.Append(header, new ReadOnlySequence<byte>(batch), new LeaderEpoch(epoch), nowMs);
    }

    internal static ReplicaAppendResult AppendReplicated(this PartitionLog log, byte[] batches, int fetchEpoch, long nowMs = 1000) =>
        log.AppendReplicated(new ReadOnlySequence<byte>(batches), new LeaderEpoch(fetchEpoch), nowMs);

    /// <summary>All batches from the log start to the bound, as bytes.</summary>
    internal static byte[] ReadAll(this PartitionLog log, Offset? bound = null, int maxBytes = 1000)
    {
        var bytes = new MemoryStream();
        Offset from = log.LogStartOffset;
        Offset end = bound ?? log.LogEndOffset;
        while (from < end)
        {
            using LogSlice slice = log.Read(from, maxBytes, end);
            Assert.Equal(ErrorCode.None, slice.Error);
            if (slice.IsEmpty)
            {
                break;
            }

            byte[] piece = new byte[slice.Length];
            Assert.Equal(piece.Length, slice.CopyTo(piece, 0));
            bytes.Write(piece);
            from = slice.NextOffset;
        }

        return bytes.ToArray();
    }

    /// <summary>Headers of the batches in <paramref name="bytes"/>.</summary>
    internal static List<RecordBatchHeader> Headers(ReadOnlySpan<byte> bytes)
    {
        var headers = new List<RecordBatchHeader>();
        while (RecordBatchHeader.TryRead(bytes, out RecordBatchHeader header))
        {
            headers.Add(header);
            bytes = bytes[header.SizeInBytes..];
        }

        Assert.Equal(0, bytes.Length);
        return headers;
    }
}
