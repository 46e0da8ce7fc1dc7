namespace RaftStream.Records.Tests;

public sealed class RecordBatchBuilderTests
{
    [Fact]
    public void It_stops_at_the_batch_size_and_says_so_without_changing_anything()
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1000 });
        int accepted = 0;
        int size = builder.SizeInBytes;

        while (builder.TryAppend(0, default, new byte[90]))
        {
            accepted++;
            Assert.True(builder.SizeInBytes > size);
            size = builder.SizeInBytes;
        }

        Assert.Equal(accepted, builder.RecordCount);
        Assert.Equal(size, builder.SizeInBytes);
        Assert.True(size <= 1000);
        Assert.True(size + 90 + 10 > 1000);
        Assert.Equal(size, builder.Build().Length);
        Assert.Equal(accepted, Batches.Read(builder.Build().Span).Count);
    }

    [Fact]
    public void A_record_larger_than_the_batch_size_gets_a_batch_of_its_own()
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 100 });

        Assert.True(builder.TryAppend(0, default, new byte[5000]));
        Assert.False(builder.TryAppend(0, default, default));

        Assert.Single(Batches.Read(builder.Build().Span));
    }

    [Fact]
    public void Every_size_around_the_limit_is_exact()
    {
        for (int limit = 100; limit < 300; limit++)
        {
            using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = limit });
            while (builder.TryAppend(0, default, new byte[7], [new RecordHeader("h", "v"u8.ToArray())]))
            {
            }

            Assert.InRange(builder.Build().Length, limit - 18, limit);
        }
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Zstd)]
    public void A_reset_builder_makes_the_same_batch_as_a_new_one(CompressionCodec codec)
    {
        byte[] expected = Batches.Build(Batches.Compressible(50), codec);
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = codec });
        builder.SetProducer(1, 2, 3, isTransactional: true);
        builder.TryAppend(9, "other"u8, "content"u8, [new RecordHeader("a", (byte[]?)null)]);
        builder.Build();

        builder.Reset();
        Assert.Equal((0, RecordBatchHeader.Size), (builder.RecordCount, builder.SizeInBytes));
        foreach (RecordModel record in Batches.Compressible(50))
        {
            builder.TryAppend(record.TimestampMs, record.Key, record.Value);
        }

        Assert.Equal(expected, builder.Build().ToArray());
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Snappy)]
    public void Records_may_follow_a_build(CompressionCodec codec)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = codec });
        RecordModel[] records = Batches.Compressible(60);
        for (int i = 0; i < records.Length; i++)
        {
            builder.TryAppend(records[i].TimestampMs, records[i].Key, records[i].Value);
            Assert.Equal(records[..(i + 1)], Batches.Read(builder.Build().Span));
        }
    }

    [Fact]
    public void A_disposed_builder_is_empty_and_can_be_used_again()
    {
        var builder = new RecordBatchBuilder();
        builder.TryAppend(1, default, "x"u8);
        builder.Dispose();
        builder.Dispose();

        Assert.Equal(0, builder.RecordCount);
        builder.TryAppend(2, default, "y"u8);
        Assert.Single(Batches.Read(builder.Build().Span));
        builder.Dispose();
    }

    [Fact]
    public void An_unknown_codec_is_refused_at_once()
    {
        var options = new RecordBatchBuilderOptions { Codec = (CompressionCodec)5 };

        Assert.Equal(RecordFault.UnknownCodec, CompressionCodecs.Check(options.Codec).Fault);
        Assert.Throws<ArgumentException>(() => new RecordBatchBuilder(options));
    }

    [Fact]
    public void The_delete_horizon_comes_before_the_records()
    {
        using var builder = new RecordBatchBuilder();
        builder.TryAppend(1, default, "x"u8);

        Assert.Throws<InvalidOperationException>(() => builder.SetDeleteHorizon(5));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(9, 9)]
    public void Compression_levels_reach_the_codec(int low, int high)
    {
        foreach (CompressionCodec codec in Batches.AllCodecs)
        {
            foreach (int level in new[] { low, high })
            {
                using var builder = new RecordBatchBuilder(
                    new RecordBatchBuilderOptions { Codec = codec, CompressionLevel = level });
                foreach (RecordModel record in Batches.Compressible(200))
                {
                    builder.TryAppend(record.TimestampMs, record.Key, record.Value);
                }

                Assert.Equal(Batches.Compressible(200), Batches.Read(builder.Build().Span));
            }
        }
    }
}
