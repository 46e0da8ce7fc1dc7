using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>R-4.2: what a leader refuses, and as what.</summary>
public sealed class RecordBatchValidatorTests
{
    private const long Now = 1_700_000_000_000;
    private const long Hour = 60 * 60 * 1000;

    private static readonly byte[] Good = Batches.Build(
        [RecordModel.Of("k0", "v0", Now), RecordModel.Of(null, null, Now + 5), RecordModel.Of("", "", Now - 5)]);

    public static TheoryData<string, RecordFault, ErrorCode, Func<RecordBatchHeader, RecordBatchHeader>> HeaderEdits => new()
    {
        { "base offset is ignored", RecordFault.None, ErrorCode.None, h => h with { BaseOffset = new Offset(-99) } },
        { "leader epoch is ignored", RecordFault.None, ErrorCode.None, h => h with { PartitionLeaderEpoch = new LeaderEpoch(-7) } },
        { "unknown attribute bits are let through", RecordFault.None, ErrorCode.None, h => h with { Attributes = 0x4000 } },
        { "idempotent", RecordFault.None, ErrorCode.None, h => h with { ProducerId = 1, ProducerEpoch = 0, BaseSequence = 0 } },
        { "magic 1", RecordFault.UnsupportedMagic, ErrorCode.InvalidRecord, h => h with { Magic = 1 } },
        { "control", RecordFault.ControlNotAllowed, ErrorCode.InvalidRecord, h => h with { Attributes = 0x20 } },
        { "delete horizon", RecordFault.DeleteHorizonNotAllowed, ErrorCode.InvalidRecord, h => h with { Attributes = 0x40 } },
        { "log append time", RecordFault.TimestampTypeNotAllowed, ErrorCode.InvalidTimestamp, h => h with { Attributes = 0x08 } },
        { "codec 5", RecordFault.UnknownCodec, ErrorCode.UnsupportedCompressionType, h => h with { Attributes = 0x05 } },
        { "codec 7", RecordFault.UnknownCodec, ErrorCode.UnsupportedCompressionType, h => h with { Attributes = 0x07 } },
        { "gzip that is none", RecordFault.DecompressionFailed, ErrorCode.CorruptMessage, h => h with { Attributes = 0x01 } },
        { "no records", RecordFault.NoRecords, ErrorCode.InvalidRecord, h => h with { RecordCount = 0, LastOffsetDelta = -1 } },
        { "negative count", RecordFault.NoRecords, ErrorCode.InvalidRecord, h => h with { RecordCount = -3, LastOffsetDelta = -4 } },
        { "count above last delta", RecordFault.RecordCountMismatch, ErrorCode.InvalidRecord, h => h with { RecordCount = 4 } },
        { "last delta above count", RecordFault.RecordCountMismatch, ErrorCode.InvalidRecord, h => h with { LastOffsetDelta = 3 } },
        { "both above the records", RecordFault.RecordCountMismatch, ErrorCode.InvalidRecord, h => h with { RecordCount = 4, LastOffsetDelta = 3 } },
        { "count of two billion", RecordFault.RecordCountMismatch, ErrorCode.InvalidRecord, h => h with { RecordCount = int.MaxValue, LastOffsetDelta = int.MaxValue - 1 } },
        { "both below the records", RecordFault.TrailingBytes, ErrorCode.InvalidRecord, h => h with { RecordCount = 2, LastOffsetDelta = 1 } },
        { "producer without epoch", RecordFault.BadProducerFields, ErrorCode.InvalidRecord, h => h with { ProducerId = 1, BaseSequence = 0 } },
        { "producer without sequence", RecordFault.BadProducerFields, ErrorCode.InvalidRecord, h => h with { ProducerId = 1, ProducerEpoch = 0 } },
        { "transaction without producer", RecordFault.BadProducerFields, ErrorCode.InvalidRecord, h => h with { Attributes = 0x10 } },
    };

    public static TheoryData<string, RecordFault, int, byte[]> Payloads => new()
    {
        { "good", RecordFault.None, -1, [.. Raw.Record(0), .. Raw.Record(1)] },
        { "first delta 1", RecordFault.OffsetsNotDense, 0, [.. Raw.Record(1), .. Raw.Record(2)] },
        { "delta repeated", RecordFault.OffsetsNotDense, 1, [.. Raw.Record(0), .. Raw.Record(0)] },
        { "delta skipped", RecordFault.OffsetsNotDense, 1, [.. Raw.Record(0), .. Raw.Record(2)] },
        { "negative delta", RecordFault.OffsetsNotDense, 1, [.. Raw.Record(0), .. Raw.Record(-1)] },
        { "one record only", RecordFault.RecordCountMismatch, -1, Raw.Record(0) },
        { "nothing", RecordFault.RecordCountMismatch, -1, [] },
        { "a byte behind", RecordFault.TrailingBytes, -1, [.. Raw.Record(0), .. Raw.Record(1), 0] },
        { "cut in the last record", RecordFault.BadRecordLength, 1, [.. Raw.Record(0), .. Raw.Record(1)[..^1]] },
        { "cut in a length", RecordFault.BadVarint, 1, [.. Raw.Record(0), 0x80] },
        { "length 0", RecordFault.BadRecordLength, 1, [.. Raw.Record(0), 0, 0, 0] },
        { "length 5", RecordFault.BadRecordLength, 1, [.. Raw.Record(0), 10, 0, 0, 0, 0, 0] },
        { "negative length", RecordFault.BadRecordLength, 1, [.. Raw.Record(0), 1, 0, 0, 0, 0, 0, 0] },
        { "negative length with room behind", RecordFault.BadRecordLength, 0, [(byte)(Raw.Record(0)[0] + 1), .. Raw.Record(0)[1..], .. new byte[40]] },
        { "length of two billion", RecordFault.BadRecordLength, 1, [.. Raw.Record(0), 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0] },
        { "length over-long", RecordFault.BadVarint, 1, [.. Raw.Record(0), 0xFE, 0xFF, 0xFF, 0xFF, 0x1F, 0, 0] },
        { "timestamp over-long", RecordFault.BadVarint, 1, [.. Raw.Record(0), .. Raw.Body(0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 2, 1, 1, 0)] },
        { "key length -2", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 3, 1, 0)] },
        { "key past the record", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 8, 1, 0)] },
        { "key of two billion", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 1, 0)] },
        { "value length -2", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 3, 0)] },
        { "value past the record", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 6, 0)] },
        { "value takes the header count", RecordFault.BadVarint, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 2, 0)] },
        { "byte behind the headers", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 0, 0)] },
        { "header count -1", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 1)] },
        { "header count of two billion", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F)] },
        { "one header", RecordFault.None, -1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 2, (byte)'h', 2, (byte)'v')] },
        { "byte behind one header", RecordFault.BadRecordField, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 0, 0, 0)] },
        { "a header less", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 4, 2, (byte)'h', 2, (byte)'v')] },
        { "header key null", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 1, 0)] },
        { "header key past the record", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 8, 0)] },
        { "header value length -2", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 0, 3)] },
        { "header value past the record", RecordFault.BadHeaders, 1, [.. Raw.Record(0), .. Raw.Body(0, 0, 2, 1, 1, 2, 0, 4, 0)] },
    };

    [Theory]
    [MemberData(nameof(HeaderEdits))]
    public void R_4_2_header_fields(
        string name, RecordFault fault, ErrorCode error, Func<RecordBatchHeader, RecordBatchHeader> edit)
    {
        byte[] batch = Batches.Edit(Good, edit);

        RecordCheck check = Batches.Validate(batch);

        Assert.Equal((name, fault, error), (name, check.Fault, check.Error));
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void R_4_2_records_in_one_piece_in_many_and_compressed(string name, RecordFault fault, int recordIndex, byte[] payload)
    {
        byte[] batch = Batches.WithPayload(Batches.Build([RecordModel.Of("a", "b"), RecordModel.Of("a", "b")]), payload);
        var expected = (name, new RecordCheck(fault, recordIndex));

        Assert.Equal(expected, (name, Batches.Validate(batch)));
        for (int cut = 0; cut <= batch.Length; cut++)
        {
            Assert.Equal(expected, (name, Batches.Validate(Pieces.Cut(batch, cut))));
        }

        byte[] compressed = Compress(batch, CompressionCodec.Zstd);
        Assert.Equal(expected, (name, Batches.Validate(compressed)));
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Readers_refuse_the_same_records(string name, RecordFault fault, int recordIndex, byte[] payload)
    {
        byte[] batch = Batches.WithPayload(Batches.Build([RecordModel.Of("a", "b"), RecordModel.Of("a", "b")]), payload);

        RecordCheck check = Batches.TryRead(batch, out _);

        // A reader takes offsets with gaps, which compaction leaves, but none that go back or past the end.
        bool isGap = name == "first delta 1" || name == "delta skipped";
        RecordFault expected = fault == RecordFault.OffsetsNotDense ? RecordFault.BadOffsetDelta : fault;
        Assert.Equal((name, expected), (name, check.Fault));
        Assert.True(check.RecordIndex == recordIndex || fault == RecordFault.RecordCountMismatch || isGap, name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60)]
    public void Fewer_bytes_than_the_length_says_are_truncated(int kept)
    {
        Assert.Equal(new RecordCheck(RecordFault.Truncated), Batches.Validate(Good[..kept]));
        Assert.Equal(ErrorCode.CorruptMessage, Batches.Validate(Good[..^1]).Error);
    }

    [Fact]
    public void Exactly_one_batch_is_allowed()
    {
        Assert.Equal(RecordFault.MoreThanOneBatch, Batches.Validate([.. Good, .. Good]).Fault);
        Assert.Equal(RecordFault.MoreThanOneBatch, Batches.Validate([.. Good, 0]).Fault);
        Assert.Equal(ErrorCode.InvalidRecord, Batches.Validate([.. Good, 0]).Error);
    }

    [Fact]
    public void A_wrong_checksum_is_corrupt()
    {
        byte[] batch = [.. Good];
        batch[17] ^= 1;

        Assert.Equal(new RecordCheck(RecordFault.ChecksumMismatch), Batches.Validate(batch));
        Assert.Equal(ErrorCode.CorruptMessage, Batches.Validate(batch).Error);
    }

    [Fact]
    public void Size_limits_are_exact()
    {
        int size = Good.Length;

        Assert.Equal(RecordFault.None, Batches.Validate(Good, Limits(batch: size, segment: size)).Fault);
        Assert.Equal(ErrorCode.MessageTooLarge, Batches.Validate(Good, Limits(batch: size - 1, segment: size)).Error);
        Assert.Equal(ErrorCode.MessageTooLarge, Batches.Validate(Good, Limits(batch: size - 1, segment: size - 1)).Error);
        Assert.Equal(ErrorCode.RecordListTooLarge, Batches.Validate(Good, Limits(batch: size, segment: size - 1)).Error);

        static RecordBatchRules Limits(int batch, int segment) =>
            Batches.Lenient with { MaxBatchBytes = batch, MaxSegmentBytes = segment };
    }

    [Fact]
    public void A_compacted_topic_needs_keys()
    {
        RecordBatchRules compacted = Batches.Lenient with { AreKeysRequired = true };

        RecordCheck check = Batches.Validate(Good, compacted);

        Assert.Equal(new RecordCheck(RecordFault.KeyMissing, 1), check);
        Assert.Equal(ErrorCode.InvalidRecord, check.Error);
        Assert.True(Batches.Validate(Batches.Build([RecordModel.Of("", null)]), compacted).IsValid);
    }

    [Theory]
    [InlineData(Now + Hour, long.MaxValue, true)]
    [InlineData(Now + Hour + 1, long.MaxValue, false)]
    [InlineData(0, long.MaxValue, true)]
    [InlineData(-1_000_000, long.MaxValue, true)]
    [InlineData(long.MinValue, long.MaxValue, false)] // the difference to now is no long
    [InlineData(long.MaxValue, long.MaxValue, false)]
    [InlineData(Now - 1000, 1000, true)]
    [InlineData(Now - 1001, 1000, false)]
    [InlineData(-2, 1000, false)]
    [InlineData(RecordBatchHeader.NoTimestamp, 1000, true)] // no timestamp is not a wrong one
    public void R_15_5_create_time_has_limits(long timestamp, long beforeMaxMs, bool isAllowed)
    {
        RecordBatchRules rules = Batches.Lenient with { TimestampBeforeMaxMs = beforeMaxMs, TimestampAfterMaxMs = Hour };
        RecordModel[] asSecond = [RecordModel.Of("k", "v", Now), RecordModel.Of("k", "v", timestamp)];
        RecordModel[] asFirst = [RecordModel.Of("k", "v", timestamp), RecordModel.Of("k", "v", Now)];

        Assert.Equal(Expected(recordIndex: 1), Batches.Validate(Batches.Build(asSecond), rules, Now));
        Assert.Equal(Expected(recordIndex: 0), Batches.Validate(Batches.Build(asFirst), rules, Now));
        Assert.Equal(ErrorCode.InvalidTimestamp, new RecordCheck(RecordFault.TimestampOutOfRange).Error);

        RecordCheck Expected(int recordIndex) =>
            isAllowed ? RecordCheck.Valid : new RecordCheck(RecordFault.TimestampOutOfRange, recordIndex);
    }

    [Fact]
    public void R_15_5_with_log_append_time_the_producers_timestamps_do_not_matter()
    {
        byte[] batch = Batches.Build([RecordModel.Of("k", "v", 0), RecordModel.Of("k", "v", long.MaxValue)]);

        RecordBatchRules rules = new() { TimestampType = TimestampType.LogAppendTime, TimestampBeforeMaxMs = 0 };

        Assert.True(Batches.Validate(batch, rules, Now).IsValid);
    }

    [Fact]
    public void The_true_largest_timestamp_is_found_when_the_header_is_wrong()
    {
        byte[] batch = Batches.Edit(Good, h => h with { MaxTimestamp = 12 });

        Assert.True(RecordBatchValidator.Validate(
            new ReadOnlySequence<byte>(batch), Batches.Lenient, Now, out ValidatedBatch validated).IsValid);

        Assert.Equal(12, validated.Header.MaxTimestamp);
        Assert.Equal(Now + 5, validated.MaxTimestamp);
    }

    [Fact]
    public void The_largest_timestamp_is_found_anywhere_among_many()
    {
        for (int largest = 0; largest < 100; largest++)
        {
            byte[] batch = Batches.Build(
                Enumerable.Range(0, 100).Select(i => RecordModel.Of("key", "value", i == largest ? Now : Now - 1000 + i)));

            RecordBatchValidator.Validate(
                new ReadOnlySequence<byte>(batch), Batches.Lenient, Now, out ValidatedBatch validated);

            Assert.Equal(Now, validated.MaxTimestamp);
        }
    }

    [Fact]
    public void Good_batches_are_valid_however_they_are_cut()
    {
        var prng = new Prng(7);
        for (int run = 0; run < 300; run++)
        {
            RecordModel[] records = [.. Enumerable.Range(0, 1 + prng.Next(40)).Select(_ => Batches.Random(prng))];
            CompressionCodec codec = Batches.AllCodecs[run % Batches.AllCodecs.Length];
            byte[] batch = Batches.BuildCompressedAnyway(records, codec);

            Assert.True(Batches.Validate(batch).IsValid);
            Assert.True(Batches.Validate(Pieces.Of(batch, prng, maxPiece: 1 + prng.Next(400))).IsValid);
        }
    }

    private static byte[] Compress(byte[] batch, CompressionCodec codec)
    {
        using var compressed = new PooledBufferWriter();
        Assert.True(CompressionCodecs.Find(codec)!.Compress(batch.AsSpan(RecordBatchHeader.Size), compressed).IsValid);
        byte[] plainHeader = batch[..RecordBatchHeader.Size];
        return Batches.Edit(
            Batches.WithPayload(plainHeader, compressed.Written), h => h with { Attributes = (short)codec });
    }

    /// <summary>Records made by hand, right or wrong.</summary>
    private static class Raw
    {
        public static byte[] Record(int offsetDelta)
        {
            byte[] delta = new byte[5];
            int size = Varint.Write(delta, offsetDelta);
            return Body([0, 0, .. delta[..size], 2, (byte)'k', 2, (byte)'v', 0]);
        }

        /// <summary>The bytes after their own length.</summary>
        public static byte[] Body(params byte[] body) => [(byte)(body.Length * 2), .. body];
    }
}
