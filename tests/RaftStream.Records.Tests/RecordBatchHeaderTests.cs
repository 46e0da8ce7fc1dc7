using RaftStream.Model;

namespace RaftStream.Records.Tests;

public sealed class RecordBatchHeaderTests
{
    private static readonly RecordBatchHeader Sample = new()
    {
        BaseOffset = new Offset(0x0102030405060708),
        BatchLength = 0x11121314,
        PartitionLeaderEpoch = new LeaderEpoch(0x21222324),
        Magic = 2,
        Crc = 0xB1B2B3B4,
        Attributes = 0x0014,
        LastOffsetDelta = 0x31323334,
        BaseTimestamp = 0x4142434445464748,
        MaxTimestamp = 0x5152535455565758,
        ProducerId = 0x6162636465666768,
        ProducerEpoch = 0x7172,
        BaseSequence = 0x12345678,
        RecordCount = 0x00ABCDEF,
    };

    private const string SampleBytes =
        "0102030405060708" + "11121314" + "21222324" + "02" + "B1B2B3B4" + "0014" + "31323334" + "4142434445464748"
        + "5152535455565758" + "6162636465666768" + "7172" + "12345678" + "00ABCDEF";

    [Fact]
    public void The_layout_is_that_of_kip_98()
    {
        byte[] written = new byte[RecordBatchHeader.Size];
        Sample.Write(written);

        Assert.Equal(SampleBytes, Convert.ToHexString(written));
        Assert.True(RecordBatchHeader.TryRead(written, out RecordBatchHeader read));
        Assert.Equal(Sample, read);
    }

    [Fact]
    public void A_header_is_read_from_a_sequence_cut_anywhere()
    {
        byte[] bytes = [.. Convert.FromHexString(SampleBytes), 1, 2, 3];

        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.True(RecordBatchHeader.TryRead(Pieces.Cut(bytes, cut), out RecordBatchHeader read));
            Assert.Equal(Sample, read);
        }
    }

    [Fact]
    public void Fewer_bytes_than_a_header_are_not_enough_yet()
    {
        byte[] bytes = Convert.FromHexString(SampleBytes);

        for (int length = 0; length < RecordBatchHeader.Size; length++)
        {
            ReadOnlySpan<byte> prefix = bytes.AsSpan(0, length);
            Assert.False(RecordBatchHeader.TryRead(prefix, out RecordBatchHeader fromSpan));
            Assert.False(RecordBatchHeader.TryRead(Pieces.Cut(prefix, length / 2), out RecordBatchHeader fromPieces));
            Assert.Equal(default, fromSpan);
            Assert.Equal(default, fromPieces);
        }
    }

    [Fact]
    public void R_4_3_offset_and_epoch_are_patched_and_the_checksum_stays_right()
    {
        byte[] batch = Batches.Build(Batches.Compressible(3));
        RecordBatchHeader before = Batches.Header(batch);

        RecordBatchHeader.PatchOffsetAndEpoch(batch, new Offset(long.MaxValue - 10), new LeaderEpoch(int.MaxValue));

        Assert.Equal(
            before with { BaseOffset = new Offset(long.MaxValue - 10), PartitionLeaderEpoch = new LeaderEpoch(int.MaxValue) },
            Batches.Header(batch));
        Assert.Equal(RecordCheck.Valid, RecordBatchIntegrity.Check(batch, int.MaxValue, out _));
    }

    [Theory]
    [InlineData(0x0000, CompressionCodec.None, TimestampType.CreateTime, false, false, false)]
    [InlineData(0x0004, CompressionCodec.Zstd, TimestampType.CreateTime, false, false, false)]
    [InlineData(0x0007, (CompressionCodec)7, TimestampType.CreateTime, false, false, false)]
    [InlineData(0x0008, CompressionCodec.None, TimestampType.LogAppendTime, false, false, false)]
    [InlineData(0x0010, CompressionCodec.None, TimestampType.CreateTime, true, false, false)]
    [InlineData(0x0020, CompressionCodec.None, TimestampType.CreateTime, false, true, false)]
    [InlineData(0x0040, CompressionCodec.None, TimestampType.CreateTime, false, false, true)]
    [InlineData(unchecked((short)0xFF80), CompressionCodec.None, TimestampType.CreateTime, false, false, false)]
    public void Attributes_are_told_apart(
        short attributes, CompressionCodec codec, TimestampType type, bool isTransactional, bool isControl, bool hasHorizon)
    {
        RecordBatchHeader header = Sample with { Attributes = attributes };

        Assert.Equal(codec, header.Codec);
        Assert.Equal(type, header.TimestampType);
        Assert.Equal(isTransactional, header.IsTransactional);
        Assert.Equal(isControl, header.IsControl);
        Assert.Equal(hasHorizon, header.HasDeleteHorizon);
        Assert.Equal(hasHorizon ? Sample.BaseTimestamp : null, header.DeleteHorizonMs);
    }

    [Theory]
    [InlineData(49, 2, 61, RecordFault.None)] // nothing but a header
    [InlineData(48, 2, 61, RecordFault.ImpossibleLength)]
    [InlineData(0, 2, 61, RecordFault.ImpossibleLength)]
    [InlineData(-1, 2, 61, RecordFault.ImpossibleLength)]
    [InlineData(int.MinValue, 2, int.MaxValue, RecordFault.ImpossibleLength)]
    [InlineData(50, 2, 61, RecordFault.BatchTooLarge)]
    [InlineData(int.MaxValue - 12, 2, int.MaxValue, RecordFault.None)]
    [InlineData(int.MaxValue - 11, 2, int.MaxValue, RecordFault.BatchTooLarge)] // the size itself passes the type
    [InlineData(int.MaxValue, 2, int.MaxValue, RecordFault.BatchTooLarge)]
    [InlineData(49, 0, 61, RecordFault.UnsupportedMagic)]
    [InlineData(49, 1, 61, RecordFault.UnsupportedMagic)]
    [InlineData(49, 3, 61, RecordFault.UnsupportedMagic)]
    [InlineData(49, 255, 61, RecordFault.UnsupportedMagic)]
    public void Length_and_magic_have_limits(int batchLength, byte magic, int maxSize, RecordFault expected)
    {
        RecordBatchHeader header = Sample with { BatchLength = batchLength, Magic = magic };

        Assert.Equal(expected, header.CheckSanity(maxSize).Fault);
        Assert.Equal((int)Math.Clamp((long)batchLength + 12, int.MinValue, int.MaxValue), header.SizeInBytes);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(10, 5, 15)]
    [InlineData(int.MaxValue - 1, 3, 1)] // KIP-98: sequences wrap to 0
    [InlineData(int.MaxValue, 0, int.MaxValue)]
    [InlineData(-1, 5, -1)]
    public void The_last_sequence_wraps(int baseSequence, int lastOffsetDelta, int expected)
    {
        RecordBatchHeader header = Sample with { BaseSequence = baseSequence, LastOffsetDelta = lastOffsetDelta };

        Assert.Equal(expected, header.LastSequence);
    }

    [Fact]
    public void Sealing_sets_length_and_checksum_of_the_bytes_at_hand()
    {
        byte[] batch = Batches.Build(Batches.Compressible(3));
        RecordBatchHeader header = Batches.Header(batch);
        byte[] again = [.. batch];

        (header with { BatchLength = 0, Crc = 0 }).Seal(again);

        Assert.Equal(batch, again);
    }
}
