using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.Tracing;
using RaftStream.Model;
using RaftStream.Records.Codecs;

namespace RaftStream.Records.Tests;

/// <summary>Decompression in pieces, which a leader walks over, against decompression as a whole.</summary>
public sealed class PiecewiseDecompressionTests
{
    private const int Limit = 64 * 1024 * 1024;
    private const int MiB = 1024 * 1024;

    public static TheoryData<string> Shapes => [.. CompressedShapes.Names];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void R_4_2_A_bomb_is_refused_in_little_memory(string shape)
    {
        byte[] bomb = CompressedShapes.Compress(shape, new byte[Limit + 1]);
        byte[] batch = BatchOf(shape, bomb, recordCount: 1);
        Assert.Equal(RecordFault.DecompressedTooLarge, Batches.Validate(batch).Fault); // warm

        using var pool = new PoolWatch();
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordCheck check = Batches.Validate(batch);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(RecordFault.DecompressedTooLarge, check.Fault);
        Assert.Equal(ErrorCode.MessageTooLarge, check.Error);
        Assert.InRange(allocated, 0, 16 * 1024);
        Assert.InRange(pool.LargestRent, 0, MiB);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void R_4_2_A_valid_batch_of_any_size_takes_little_memory(string shape)
    {
        byte[] plain = Batches.Build([RecordModel.Of("k", new string('x', 20 * MiB)), RecordModel.Of("k", "v")]);
        byte[] batch = BatchOf(shape, CompressedShapes.Compress(shape, plain.AsSpan(RecordBatchHeader.Size)), recordCount: 2);
        Assert.Equal(RecordCheck.Valid, Batches.Validate(batch)); // warm

        using var pool = new PoolWatch();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(RecordCheck.Valid, Batches.Validate(batch));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
        Assert.InRange(pool.LargestRent, 0, MiB);
    }

    [Fact]
    public void The_watch_sees_what_is_rented()
    {
        using var pool = new PoolWatch();
        using var buffer = new PooledBufferWriter();

        buffer.GetSpan(3 * MiB);

        Assert.InRange(pool.LargestRent, 3 * MiB, 4 * MiB);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pieces_together_are_the_content(string shape)
    {
        var prng = new Prng(21);
        foreach (int size in new[] { 0, 1, 100, 65_536, 262_144, 262_145, MiB, MiB + 1, (5 * MiB) + 77 })
        {
            byte[] content = CompressedShapes.Content(prng, size);
            byte[] compressed = CompressedShapes.Compress(shape, content);
            var sink = new Collector();

            RecordCheck check = CompressionCodecs.Decompress(CompressedShapes.CodecOf(shape), compressed, ref sink, Limit);

            Assert.Equal(RecordCheck.Valid, check);
            Assert.True(content.AsSpan().SequenceEqual(sink.Content), $"{shape}, {size} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_limit_is_exact(string shape)
    {
        byte[] content = CompressedShapes.Content(new Prng(22), 3 * MiB);
        byte[] compressed = CompressedShapes.Compress(shape, content);

        foreach (int limit in new[] { content.Length, content.Length - 1, 2 * MiB, MiB, 300_000, 1, 0 })
        {
            var sink = new Collector();
            RecordCheck check = CompressionCodecs.Decompress(CompressedShapes.CodecOf(shape), compressed, ref sink, limit);

            Assert.Equal(limit >= content.Length ? RecordFault.None : RecordFault.DecompressedTooLarge, check.Fault);
            Assert.True(sink.Content.Length <= limit);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void R_4_2_Walking_pieces_answers_what_walking_the_whole_does(string shape)
    {
        var prng = new Prng(23);
        int valid = 0;
        int refused = 0;
        for (int run = 0; run < 60; run++)
        {
            byte[] plain = RandomRecords(prng, isLarge: run % 6 == 0, out int count);
            byte[] payload = CompressedShapes.Compress(shape, plain);
            int stated = Math.Max(1, count + (prng.OneIn(6) ? prng.Next(3) - 1 : 0));
            RecordCheck check = AssertAgree(shape, payload, stated, isDamaged: false);
            valid += check.IsValid ? 1 : 0;
            for (int damage = 0; damage < 10; damage++)
            {
                byte[] damaged = Damage(prng, payload);
                refused += AssertAgree(shape, damaged, stated, isDamaged: true).IsValid ? 0 : 1;
            }
        }

        Assert.True(valid > 10 && refused > 100, $"{valid} valid, {refused} refused");
    }

    [Fact]
    public void R_4_2_Snappy_that_refers_far_back_is_read_up_to_the_history_limit()
    {
        const int Far = DecompressionMemory.MaxHistoryBytes;
        byte[] head = new byte[100_000];
        new Prng(24).Fill(head);
        foreach ((int distance, bool isRead) in new[] { (2 * MiB, true), (Far, true), (Far + MiB, false) })
        {
            byte[] block = FarBlock(head, distance, out byte[] content);
            var whole = new Collector();
            using var buffer = new PooledBufferWriter();
            Assert.True(CompressionCodecs.Find(CompressionCodec.Snappy)!.Decompress(block, buffer, Limit).IsValid);
            Assert.True(content.AsSpan().SequenceEqual(buffer.Written));

            RecordCheck check = CompressionCodecs.Decompress(CompressionCodec.Snappy, block, ref whole, Limit);

            Assert.Equal(isRead ? RecordFault.None : RecordFault.DecompressedTooLarge, check.Fault);
            Assert.True(!isRead || content.AsSpan().SequenceEqual(whole.Content), $"{distance}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50_000)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void A_window_over_snappy_keeps_the_history_that_copies_need(int distance)
    {
        const int History = 64 * 1024;
        byte[] head = new byte[3 * MiB];
        new Prng(25).Fill(head.AsSpan(0, distance));
        for (int at = distance; at < head.Length; at++)
        {
            head[at] = head[at - distance];
        }

        var block = new List<byte>();
        SnappyShape.Literal(block, head.AsSpan(0, distance));
        Copies(block, head.Length - distance, distance);
        var window = new SnappyWindow([.. block], head.Length, new byte[History + 5000], History, fed: 0);
        var sink = new Collector();

        Assert.True(window.Decode(ref sink));

        Assert.True(head.AsSpan().SequenceEqual(sink.Content));
    }

    [Fact]
    public void R_4_2_Zstd_with_a_window_beyond_the_history_limit_is_refused_when_its_content_is_too()
    {
        // Level 22 writes a window as large as the content here, and level 19 one of 8 MiB.
        foreach ((int size, int level, bool isRead) in new[]
            { (7 * MiB, 22, true), (9 * MiB, 19, true), (9 * MiB, 22, false), (9 * MiB, 3, true) })
        {
            using var compressed = new PooledBufferWriter();
            CompressionCodecs.Find(CompressionCodec.Zstd)!.Compress(new byte[size], compressed, level);
            var sink = new Collector();

            RecordCheck check = CompressionCodecs.Decompress(CompressionCodec.Zstd, compressed.Written, ref sink, Limit);

            Assert.Equal((size, level, isRead ? RecordFault.None : RecordFault.DecompressedTooLarge), (size, level, check.Fault));
        }
    }

    [Fact]
    public void A_missing_library_and_an_unknown_codec_are_typed_answers()
    {
        var sink = new Collector();

        Assert.Equal(RecordFault.CodecUnavailable, new ZstdCodec("libnowhere.so.1").Decompress([1], ref sink, Limit).Fault);
        Assert.Equal(RecordFault.CodecUnavailable, new Lz4Codec("libnowhere.so.1").Decompress([1], ref sink, Limit).Fault);
        Assert.Equal(RecordFault.UnknownCodec, CompressionCodecs.Decompress((CompressionCodec)6, [1], ref sink, Limit).Fault);
    }

    /// <summary>Holds the leader's answer against that of a plain walk over the content as a whole.</summary>
    private static RecordCheck AssertAgree(string shape, byte[] payload, int recordCount, bool isDamaged)
    {
        byte[] batch = BatchOf(shape, payload, recordCount);
        using var whole = new PooledBufferWriter();
        RecordCheck expected = CompressionCodecs.Find(CompressedShapes.CodecOf(shape))!.Decompress(payload, whole, Limit);
        expected = expected.IsValid ? PlainWalk(whole.Written, recordCount) : expected;

        RecordCheck check = Batches.Validate(batch);

        // Damage to a zstd frame's header can make its window larger than what is read in pieces.
        bool isWindowDamaged = isDamaged
            && CompressedShapes.CodecOf(shape) == CompressionCodec.Zstd
            && check.Fault == RecordFault.DecompressedTooLarge;
        Assert.Equal(isWindowDamaged ? check : expected, check);
        return check;
    }

    private static RecordCheck PlainWalk(ReadOnlySpan<byte> records, int count)
    {
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            if (position == records.Length)
            {
                return new RecordCheck(RecordFault.RecordCountMismatch);
            }

            RecordFault fault = RecordParser.Parse(records, ref position, out RecordLayout layout);
            fault = fault == RecordFault.None && layout.OffsetDelta != i ? RecordFault.OffsetsNotDense : fault;
            if (fault != RecordFault.None)
            {
                return new RecordCheck(fault, i);
            }
        }

        return new RecordCheck(position == records.Length ? RecordFault.None : RecordFault.TrailingBytes);
    }

    /// <summary>Encoded records, small ones or up to some MiB, and now and then a byte of them wrong.</summary>
    private static byte[] RandomRecords(Prng prng, bool isLarge, out int count)
    {
        var records = new List<RecordModel>();
        for (int i = prng.Next(40); i >= 0; i--)
        {
            RecordModel record = Batches.Random(prng);
            records.Add(isLarge ? record with { Value = CompressedShapes.Content(prng, prng.Next(400_000)) } : record);
        }

        count = records.Count;
        byte[] plain = Batches.Build(records)[RecordBatchHeader.Size..];
        if (prng.OneIn(3))
        {
            plain[prng.Next(plain.Length)] ^= (byte)(1 << prng.Next(8));
        }

        return prng.OneIn(6) ? plain[..prng.Next(plain.Length)] : plain;
    }

    private static byte[] Damage(Prng prng, byte[] payload)
    {
        byte[] damaged = prng.OneIn(3) ? payload[..prng.Next(payload.Length)] : [.. payload];
        for (int i = prng.Next(3); i >= 0 && damaged.Length > 0; i--)
        {
            damaged[prng.Next(prng.OneIn(2) ? damaged.Length : Math.Min(64, damaged.Length))] = (byte)prng.Next(256);
        }

        return damaged;
    }

    /// <summary>
    /// A bare block: a MiB of zeros, the head, more zeros, and the head again by copies from <paramref name="distance"/> back.
    /// </summary>
    private static byte[] FarBlock(byte[] head, int distance, out byte[] content)
    {
        content = new byte[MiB + distance + head.Length];
        head.CopyTo(content, MiB);
        head.CopyTo(content, MiB + distance);
        var block = new List<byte>(SnappyShape.Length(content.Length));
        SnappyShape.Literal(block, content.AsSpan(0, MiB + distance));
        Copies(block, head.Length, distance);
        return [.. block];
    }

    private static void Copies(List<byte> block, int length, int distance)
    {
        byte[] copy = new byte[5];
        for (int left = length; left > 0; left -= 64)
        {
            copy[0] = (byte)(3 | ((Math.Min(left, 64) - 1) << 2));
            BinaryPrimitives.WriteInt32LittleEndian(copy.AsSpan(1), distance);
            block.AddRange(copy);
        }
    }

    private static byte[] BatchOf(string shape, byte[] payload, int recordCount) => Batches.Edit(
        Batches.WithPayload(Batches.Build([RecordModel.Of("a", "b")]), payload),
        h => h with
        {
            Attributes = (short)CompressedShapes.CodecOf(shape),
            RecordCount = recordCount,
            LastOffsetDelta = recordCount - 1,
        });

    private struct Collector() : IPieceSink
    {
        private readonly ArrayBufferWriter<byte> _content = new();

        public readonly ReadOnlySpan<byte> Content => _content.WrittenSpan;

        public readonly void Take(ReadOnlySpan<byte> piece) => _content.Write(piece);
    }

    /// <summary>Notes the largest array that this thread takes from the shared pools.</summary>
    private sealed class PoolWatch : EventListener
    {
        private const int BufferRented = 1;

        private readonly int _thread = Environment.CurrentManagedThreadId;

        public int LargestRent { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventId == BufferRented && Environment.CurrentManagedThreadId == _thread)
            {
                LargestRent = Math.Max(LargestRent, (int)eventData.Payload![1]!);
            }
        }
    }
}
