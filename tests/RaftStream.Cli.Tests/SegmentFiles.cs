using System.Text;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Cli.Tests;

/// <summary>Segment files made by hand.</summary>
internal static class SegmentFiles
{
    public const string FirstName = "00000000000000000000.log";

    /// <summary>One batch of text records <c>key N</c> = <c>value N</c>, N being the offset.</summary>
    public static byte[] Batch(long baseOffset, int count, int epoch = 0, CompressionCodec codec = CompressionCodec.None)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = codec });
        for (int i = 0; i < count; i++)
        {
            long offset = baseOffset + i;
            Assert.True(builder.TryAppend(
                1_748_779_200_000 + offset,
                Encoding.UTF8.GetBytes($"key {offset}"),
                Encoding.UTF8.GetBytes($"value {offset}"),
                [new RecordHeader("source", "test"u8.ToArray())]));
        }

        byte[] batch = builder.Build().ToArray();
        RecordBatchHeader.PatchOffsetAndEpoch(batch, new Offset(baseOffset), new LeaderEpoch(epoch));
        return batch;
    }

    /// <summary>Three sound batches: offsets 0 to 9, 10 to 29, 30 to 34; the last one in epoch 2.</summary>
    public static byte[][] Sound() => [Batch(0, 10), Batch(10, 20), Batch(30, 5, epoch: 2)];

    public static byte[] Joined(this IEnumerable<byte[]> batches) => [.. batches.SelectMany(batch => batch)];
}
