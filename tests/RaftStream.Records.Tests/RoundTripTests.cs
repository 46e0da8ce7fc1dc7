using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

public sealed class RoundTripTests
{
    public static TheoryData<CompressionCodec> Codecs => [.. Batches.AllCodecs];

    [Fact]
    public void What_is_built_is_read_with_every_codec()
    {
        Prop.ForAll(Generators.RecordLists, Generators.Codecs, (records, codec) =>
        {
            byte[] batch = Batches.Build(records, codec);

            Assert.Equal(records, Batches.Read(batch));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_built_is_read_when_compression_does_not_pay()
    {
        Prop.ForAll(Generators.RecordLists, Generators.Codecs, (records, codec) =>
        {
            byte[] batch = Batches.BuildCompressedAnyway(records, codec);

            Assert.Equal(codec, Batches.Header(batch).Codec);
            Assert.Equal(records, Batches.Read(batch));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Large_batches_are_read_with_every_codec(CompressionCodec codec)
    {
        var prng = new Prng(5);
        RecordModel[] records = [.. Enumerable.Range(0, 20_000).Select(_ => Batches.Random(prng))];

        byte[] batch = Batches.BuildCompressedAnyway(records, codec);

        Assert.Equal(records, Batches.Read(batch));
        Assert.Equal(RecordCheck.Valid, Batches.Validate(batch));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void An_empty_batch_is_read_as_empty(CompressionCodec codec)
    {
        byte[] batch = Batches.Build([], codec);

        RecordBatchHeader header = Batches.Header(batch);
        Assert.Equal(RecordBatchHeader.Size, batch.Length);
        Assert.Equal(0, header.RecordCount);
        Assert.Equal(header.BaseOffset, header.NextOffset);
        Assert.Empty(Batches.Read(batch));
    }

    [Fact]
    public void The_codec_is_dropped_when_it_makes_the_records_larger()
    {
        byte[] noise = new byte[500];
        new Prng(6).Fill(noise);

        byte[] batch = Batches.Build([new RecordModel(0, null, noise, [])], CompressionCodec.Lz4);

        Assert.Equal(CompressionCodec.None, Batches.Header(batch).Codec);
    }

    [Fact]
    public void Null_and_empty_are_kept_apart()
    {
        RecordModel[] records =
        [
            new(1, null, null, []),
            new(1, [], [], [([], []), ([], null)]),
        ];

        Assert.Equal(records, Batches.Read(Batches.Build(records)));
    }

    [Fact]
    public void The_header_says_what_the_builder_was_told()
    {
        byte[] batch = Batches.Build(
            [RecordModel.Of("a", "1", 500), RecordModel.Of("b", "2", 900), RecordModel.Of("c", "3", 100)],
            configure: b => b.SetProducer(producerId: 77, producerEpoch: 5, baseSequence: 1234, isTransactional: true));

        RecordBatchHeader header = Batches.Header(batch);
        Assert.Equal(batch.Length, header.SizeInBytes);
        Assert.Equal(RecordBatchHeader.CurrentMagic, header.Magic);
        Assert.Equal(2, header.LastOffsetDelta);
        Assert.Equal(3, header.RecordCount);
        Assert.Equal(500, header.BaseTimestamp);
        Assert.Equal(900, header.MaxTimestamp);
        Assert.Equal(77, header.ProducerId);
        Assert.Equal(5, header.ProducerEpoch);
        Assert.Equal(1234, header.BaseSequence);
        Assert.Equal(1236, header.LastSequence);
        Assert.True(header.IsTransactional);
        Assert.False(header.IsControl);
        Assert.Equal(TimestampType.CreateTime, header.TimestampType);
    }

    [Fact]
    public void Records_carry_offsets_of_the_log()
    {
        byte[] batch = Batches.Build(Batches.Compressible(3));
        RecordBatchHeader.PatchOffsetAndEpoch(batch, new Offset(1_000_000_000_000), new LeaderEpoch(9));

        using var reader = new RecordBatchReader();
        Assert.True(reader.Open(batch, out RecordBatchHeader header, out RecordEnumerator records).IsValid);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(records.MoveNext());
            Assert.Equal(1_000_000_000_000 + i, records.Current.Offset);
            Assert.Equal(i, records.Current.OffsetDelta);
        }

        Assert.False(records.MoveNext());
        Assert.Equal(new LeaderEpoch(9), header.PartitionLeaderEpoch);
        Assert.Equal(new Offset(1_000_000_000_003), header.NextOffset);
    }

    [Fact]
    public void With_log_append_time_every_record_has_the_time_of_the_batch()
    {
        byte[] batch = Batches.Build(Batches.Compressible(4), CompressionCodec.Zstd);
        RecordBatchPatch.Timestamp(batch, TimestampType.LogAppendTime, 987_654_321);

        Assert.Equal(TimestampType.LogAppendTime, Batches.Header(batch).TimestampType);
        Assert.All(Batches.Read(batch), r => Assert.Equal(987_654_321, r.TimestampMs));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_marker_is_written_and_read(bool isCommit)
    {
        var marker = new EndTransactionMarker(isCommit, CoordinatorEpoch: 12);
        using var builder = new RecordBatchBuilder();
        builder.SetProducer(5, 6, RecordBatchHeader.NoSequence, isTransactional: true);
        builder.AppendMarker(3_000, marker);

        using var reader = new RecordBatchReader();
        Assert.True(reader.Open(builder.Build().Span, out RecordBatchHeader header, out RecordEnumerator records).IsValid);
        Assert.True(records.MoveNext());
        Assert.True(EndTransactionMarker.TryRead(records.Current, out EndTransactionMarker read));

        Assert.Equal(marker, read);
        Assert.True(header.IsControl);
        Assert.True(header.IsTransactional);
        Assert.Equal(RecordBatchHeader.NoSequence, header.LastSequence);
        Assert.Throws<InvalidOperationException>(() => builder.AppendMarker(3_000, marker));
    }

    [Theory]
    [InlineData("0000", "000000000001")] // key too short
    [InlineData("00000001", "0000")] // value too short
    [InlineData("00000002", "000000000001")] // another control type: leader change
    [InlineData("FFFF0001", "000000000001")] // a negative version
    public void What_is_no_marker_is_not_read_as_one(string key, string value)
    {
        byte[] batch = Batches.Build([new RecordModel(0, Convert.FromHexString(key), Convert.FromHexString(value), [])]);
        using var reader = new RecordBatchReader();
        Assert.True(reader.Open(batch, out _, out RecordEnumerator records).IsValid);
        Assert.True(records.MoveNext());

        Assert.False(EndTransactionMarker.TryRead(records.Current, out _));
    }

    [Fact]
    public void Kip_534_timestamps_count_from_the_delete_horizon()
    {
        byte[] batch = Batches.Build(Batches.Compressible(2), configure: b => b.SetDeleteHorizon(5_000_000));

        Assert.Equal(5_000_000, Batches.Header(batch).DeleteHorizonMs);
        Assert.Equal(1_001, Batches.Header(batch).MaxTimestamp);
        Assert.Equal(Batches.Compressible(2), Batches.Read(batch));
    }

    [Fact]
    public void Copied_records_make_the_same_batch()
    {
        Prop.ForAll(Generators.RecordLists, records =>
        {
            byte[] batch = Batches.Build(records);
            using var copy = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
            var enumerator = new RecordEnumerator(Batches.Header(batch), batch.AsSpan(RecordBatchHeader.Size));
            while (enumerator.MoveNext())
            {
                Assert.True(copy.TryAppend(enumerator.Current));
            }

            Assert.Equal(batch, copy.Build().ToArray());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_cursor_can_be_kept_between_reads()
    {
        RecordModel[] expected = Batches.Compressible(5);
        byte[] batch = Batches.Build(expected);
        var cursor = new RecordCursor(Batches.Header(batch));
        var read = new List<RecordModel>();

        for (RecordCursor kept = cursor; kept.TryRead(batch.AsSpan(RecordBatchHeader.Size), out RecordView record);)
        {
            read.Add(RecordModel.Of(record));
            cursor = kept;
        }

        Assert.Equal(expected, read);
        Assert.Equal(5, cursor.Index);
        Assert.Equal(batch.Length - RecordBatchHeader.Size, cursor.Position);
    }
}
