namespace RaftStream.Records.Tests;

public sealed class RecordBatchPatchTests
{
    [Theory]
    [InlineData(TimestampType.LogAppendTime, 1_800_000_000_000)]
    [InlineData(TimestampType.CreateTime, 42)]
    [InlineData(TimestampType.LogAppendTime, -1)]
    public void R_15_5_timestamps_are_patched_and_the_checksum_follows(TimestampType type, long maxTimestamp)
    {
        byte[] batch = Batches.Build(Batches.Compressible(500), CompressionCodec.Lz4);
        RecordBatchHeader before = Batches.Header(batch);

        RecordBatchPatch.Timestamp(batch.AsSpan(0, RecordBatchHeader.Size), type, maxTimestamp);

        RecordBatchHeader after = Batches.Header(batch);
        Assert.Equal(RecordCheck.Valid, RecordBatchIntegrity.Check(batch, int.MaxValue, out _));
        Assert.Equal(type, after.TimestampType);
        Assert.Equal(maxTimestamp, after.MaxTimestamp);
        Assert.Equal(
            before,
            after with { Crc = before.Crc, Attributes = before.Attributes, MaxTimestamp = before.MaxTimestamp });
    }

    [Fact]
    public void Patching_there_and_back_gives_the_old_bytes()
    {
        byte[] batch = Batches.Build(Batches.Compressible(10));
        byte[] patched = [.. batch];

        RecordBatchPatch.Timestamp(patched, TimestampType.LogAppendTime, 7);
        Assert.NotEqual(batch, patched);
        RecordBatchPatch.Timestamp(patched, TimestampType.CreateTime, Batches.Header(batch).MaxTimestamp);

        Assert.Equal(batch, patched);
    }

    [Fact]
    public void A_producer_is_patched_and_the_checksum_follows()
    {
        byte[] batch = Batches.Build(Batches.Compressible(10));

        RecordBatchPatch.Producer(batch, producerId: 9, producerEpoch: 8, baseSequence: 7);

        RecordBatchHeader header = Batches.Header(batch);
        Assert.Equal(RecordCheck.Valid, Batches.Validate(batch));
        Assert.Equal((9L, (short)8, 7), (header.ProducerId, header.ProducerEpoch, header.BaseSequence));
    }

    [Fact]
    public void What_was_damaged_before_stays_visibly_damaged()
    {
        byte[] batch = Batches.Build(Batches.Compressible(10));
        batch[^5] ^= 0x10;

        RecordBatchPatch.Timestamp(batch, TimestampType.LogAppendTime, 7);

        Assert.Equal(RecordFault.ChecksumMismatch, RecordBatchIntegrity.Check(batch, int.MaxValue, out _).Fault);
    }
}
