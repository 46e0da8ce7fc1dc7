using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using RaftStream.Model;
using RaftStream.Records.Codecs;

namespace RaftStream.Records.Tests;

public sealed class CodecTests
{
    private const int Limit = 1_000_000;

    public static TheoryData<CompressionCodec> Codecs =>
        [CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Contents_of_all_sizes_and_kinds_come_back(CompressionCodec codec)
    {
        var prng = new Prng(11);
        int[] sizes = [0, 1, 3, 4, 5, 59, 60, 61, 255, 256, 257, 4096, 32767, 32768, 32769, 65536, 65537, 300_000, Limit];
        foreach (int size in sizes)
        {
            foreach (byte[] content in Contents(prng, size))
            {
                Assert.Equal(content, Decompress(codec, Compress(codec, content), Limit));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Repetition_is_found(CompressionCodec codec)
    {
        byte[] content = Lines(3000);

        Assert.True(Compress(codec, content).Length < content.Length / 2);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void The_limit_is_exact_and_the_destination_is_never_asked_for_more(CompressionCodec codec)
    {
        byte[] content = new byte[500_000];
        byte[] compressed = Compress(codec, content);

        foreach (int limit in new[] { 500_000, 499_999, 100_000, 1, 0 })
        {
            var destination = new CountingWriter();
            RecordCheck check = CompressionCodecs.Find(codec)!.Decompress(compressed, destination, limit);

            Assert.Equal(limit >= content.Length ? RecordFault.None : RecordFault.DecompressedTooLarge, check.Fault);
            Assert.Equal(limit >= content.Length ? ErrorCode.None : ErrorCode.MessageTooLarge, check.Error);
            Assert.True(destination.MostAsked <= Math.Max(limit, 1), $"{destination.MostAsked} asked, {limit} allowed");
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_bomb_is_stopped(CompressionCodec codec)
    {
        byte[] bomb = Compress(codec, new byte[50_000_000]);
        byte[] batch = Batches.Edit(
            Batches.WithPayload(Batches.Build([RecordModel.Of("a", "b")]), bomb), h => h with { Attributes = (short)codec });

        RecordCheck check = Batches.Validate(batch, Batches.Lenient with { MaxDecompressedBytes = Limit });

        Assert.Equal(RecordFault.DecompressedTooLarge, check.Fault);
        Assert.Equal(RecordFault.DecompressedTooLarge, Batches.TryRead(batch, out _, maxDecompressedBytes: Limit).Fault);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Any_cut_is_found_or_harmless(CompressionCodec codec)
    {
        byte[] content = Lines(200);
        byte[] compressed = Compress(codec, content);

        for (int length = 1; length < compressed.Length; length++)
        {
            var destination = new CountingWriter();
            RecordCheck check = CompressionCodecs.Find(codec)!.Decompress(compressed.AsSpan(0, length), destination, Limit);

            // A cut in gzip's trailer, or between two chunks of a snappy frame, leaves whole content behind.
            Assert.True(!check.IsValid || content.AsSpan().StartsWith(destination.Written), $"{length}: {check}");
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Noise_and_damage_get_an_answer(CompressionCodec codec)
    {
        var prng = new Prng(12);
        byte[] compressed = Compress(codec, Lines(300));
        for (int run = 0; run < 5000; run++)
        {
            byte[] bytes = prng.OneIn(3) ? new byte[prng.Next(100)] : [.. compressed];
            if (bytes.Length == compressed.Length)
            {
                bytes[prng.Next(bytes.Length)] ^= (byte)(1 << prng.Next(8));
                bytes[prng.Next(Math.Min(30, bytes.Length))] = (byte)prng.Next(256);
            }
            else
            {
                prng.Fill(bytes);
            }

            var destination = new CountingWriter();
            RecordCheck check = CompressionCodecs.Find(codec)!.Decompress(bytes, destination, Limit);

            bool isExpected = check.Fault
                is RecordFault.None or RecordFault.DecompressionFailed or RecordFault.DecompressedTooLarge;
            Assert.True(isExpected, check.ToString());
            Assert.True(destination.MostAsked <= Limit);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_codec_works_after_it_met_damage(CompressionCodec codec)
    {
        byte[] compressed = Compress(codec, new byte[10_000]);
        byte[] damaged = [.. compressed];
        damaged.AsSpan(compressed.Length / 2).Fill(0xA5);

        Assert.False(CompressionCodecs.Find(codec)!.Decompress(damaged, new CountingWriter(), Limit).IsValid);

        Assert.Equal(new byte[10_000], Decompress(codec, compressed, Limit));
    }

    [Fact]
    public void A_missing_library_is_a_typed_answer()
    {
        ICompressionCodec[] codecs = [new ZstdCodec("libnowhere.so.1"), new Lz4Codec("libnowhere.so.1")];
        foreach (ICompressionCodec codec in codecs)
        {
            Assert.False(codec.IsAvailable);
            Assert.Equal(RecordFault.CodecUnavailable, codec.Compress([1, 2, 3], new CountingWriter()).Fault);
            Assert.Equal(RecordFault.CodecUnavailable, codec.Decompress([1, 2, 3], new CountingWriter(), Limit).Fault);
            Assert.Equal(
                ErrorCode.UnsupportedCompressionType, codec.Decompress([1, 2, 3], new CountingWriter(), Limit).Error);
        }
    }

    [Fact]
    public void All_codecs_are_here()
    {
        Assert.All(Batches.AllCodecs, codec => Assert.Equal(RecordCheck.Valid, CompressionCodecs.Check(codec)));
        Assert.Equal(RecordFault.UnknownCodec, CompressionCodecs.Check((CompressionCodec)6).Fault);
    }

    [Fact]
    public void Gzip_is_what_the_framework_reads_and_writes()
    {
        byte[] content = Encoding.UTF8.GetBytes("some text, some text, some text");
        using var framework = new MemoryStream();
        using (var gzip = new GZipStream(framework, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        using var unzipped = new MemoryStream();
        var ours = new MemoryStream(Compress(CompressionCodec.Gzip, content));
        using (var gzip = new GZipStream(ours, CompressionMode.Decompress))
        {
            gzip.CopyTo(unzipped);
        }

        Assert.Equal(content, Decompress(CompressionCodec.Gzip, framework.ToArray(), Limit));
        Assert.Equal(content, unzipped.ToArray());
    }

    [Fact]
    public void Lz4_frames_are_what_the_java_client_demands()
    {
        byte[] frame = Compress(CompressionCodec.Lz4, new byte[200_000]);

        Assert.Equal(0x184D2204u, BinaryPrimitives.ReadUInt32LittleEndian(frame));
        Assert.Equal(0x60, frame[4]); // version 1, independent blocks, no content size, no checksums
        Assert.Equal(0x40, frame[5]); // blocks of 64 KiB
        Assert.Equal(0x82, frame[6]); // the format's own header checksum
    }

    [Fact]
    public void Several_frames_are_read_as_one()
    {
        byte[] first = new byte[70_000];
        byte[] second = Encoding.UTF8.GetBytes("the second");
        foreach (CompressionCodec codec in new[] { CompressionCodec.Gzip, CompressionCodec.Lz4, CompressionCodec.Zstd })
        {
            byte[] both = [.. Compress(codec, first), .. Compress(codec, second)];

            Assert.Equal([.. first, .. second], Decompress(codec, both, Limit));
        }
    }

    private static IEnumerable<byte[]> Contents(Prng prng, int size)
    {
        byte[] noise = new byte[size];
        prng.Fill(noise);
        yield return noise;
        yield return new byte[size];

        // Pieces of earlier content at random distances: copies of all shapes.
        byte[] mixed = new byte[size];
        for (int at = 0; at < size;)
        {
            int length = Math.Min(1 + prng.Next(100), size - at);
            if (at == 0 || prng.OneIn(3))
            {
                prng.Fill(mixed.AsSpan(at, length));
            }
            else
            {
                int from = at - 1 - prng.Next(Math.Min(at, prng.OneIn(2) ? 20 : 70_000));
                for (int i = 0; i < length; i++)
                {
                    mixed[at + i] = mixed[from + i];
                }
            }

            at += length;
        }

        yield return mixed;
    }

    private static byte[] Lines(int count) => Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, count).Select(i => $"reading {i} of sensor {i % 37} is {i * 7919 % 997};")));

    private static byte[] Compress(CompressionCodec codec, ReadOnlySpan<byte> content)
    {
        var destination = new CountingWriter();
        Assert.True(CompressionCodecs.Find(codec)!.Compress(content, destination).IsValid);
        return destination.Written.ToArray();
    }

    private static byte[] Decompress(CompressionCodec codec, ReadOnlySpan<byte> compressed, int maxBytes)
    {
        var destination = new CountingWriter();
        Assert.Equal(RecordCheck.Valid, CompressionCodecs.Find(codec)!.Decompress(compressed, destination, maxBytes));
        return destination.Written.ToArray();
    }

    /// <summary>Notes the most that it was asked to hold.</summary>
    private sealed class CountingWriter : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _inner = new();

        public int MostAsked { get; private set; }

        public ReadOnlySpan<byte> Written => _inner.WrittenSpan;

        public void Advance(int count) => _inner.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            MostAsked = Math.Max(MostAsked, _inner.WrittenCount + sizeHint);
            return _inner.GetMemory(sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
