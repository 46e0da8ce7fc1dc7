using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>Damaged and invented bytes: always an answer, never a crash.</summary>
public sealed class CorruptionTests
{
    public static TheoryData<CompressionCodec> Codecs => [.. Batches.AllCodecs];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Any_flipped_bit_is_found(CompressionCodec codec)
    {
        byte[] batch = Batches.BuildCompressedAnyway(Batches.Compressible(5), codec);
        byte[] damaged = [.. batch];

        for (int bit = 0; bit < batch.Length * 8; bit++)
        {
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(Batches.Validate(damaged).IsValid == IsOutsideChecksum(bit / 8), $"bit {bit}");
            Assert.True(Batches.TryRead(damaged, out _).IsValid == IsOutsideChecksum(bit / 8), $"bit {bit}");
            damaged[bit / 8] = batch[bit / 8];
        }

        // Base offset and leader epoch belong to the leader; length and magic are found by their own checks.
        static bool IsOutsideChecksum(int at) => at is (>= 0 and < 8) or (>= 12 and < 16);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Any_prefix_says_that_it_is_cut(CompressionCodec codec)
    {
        byte[] batch = Batches.BuildCompressedAnyway(Batches.Compressible(20), codec);

        for (int length = 0; length < batch.Length; length++)
        {
            byte[] prefix = batch[..length];
            Assert.Equal(RecordFault.Truncated, Batches.Validate(prefix).Fault);
            Assert.Equal(RecordFault.Truncated, Batches.Validate(Pieces.Cut(prefix, length / 3)).Fault);
            Assert.Equal(RecordFault.Truncated, Batches.TryRead(prefix, out _).Fault);
            Assert.Equal(RecordFault.Truncated, RecordBatchIntegrity.Check(prefix, int.MaxValue, out _).Fault);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Any_prefix_of_the_records_is_refused_even_when_the_checksum_is_right(CompressionCodec codec)
    {
        byte[] batch = Batches.BuildCompressedAnyway(Batches.Compressible(20), codec);

        for (int length = RecordBatchHeader.Size; length < batch.Length; length++)
        {
            byte[] cut = Batches.WithPayload(batch, batch.AsSpan(0, length)[RecordBatchHeader.Size..]);

            // Only what guards a codec's own content may be missing, since the content is then still whole.
            RecordCheck check = Batches.Validate(cut);
            if (check.IsValid)
            {
                Assert.Equal(Batches.Compressible(20), Batches.Read(cut));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Random_damage_behind_a_right_checksum_gets_an_answer(CompressionCodec codec)
    {
        var prng = new Prng(8);
        byte[] batch = Batches.BuildCompressedAnyway(Batches.Compressible(50), codec);

        for (int run = 0; run < 4000; run++)
        {
            byte[] damaged = [.. batch];
            for (int i = prng.Next(4); i >= 0; i--)
            {
                damaged[RecordBatchHeader.Size + prng.Next(batch.Length - RecordBatchHeader.Size)] = (byte)prng.Next(256);
            }

            AssertAnswered(Batches.Edit(damaged, h => h), prng);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Random_records_behind_a_right_checksum_get_an_answer(CompressionCodec codec)
    {
        var prng = new Prng(9);
        byte[] batch = Batches.BuildCompressedAnyway(Batches.Compressible(3), codec);

        for (int run = 0; run < 4000; run++)
        {
            byte[] noise = new byte[prng.Next(200)];
            prng.Fill(noise);
            AssertAnswered(Batches.WithPayload(batch, noise), prng);
        }
    }

    [Fact]
    public void Random_bytes_get_an_answer()
    {
        var prng = new Prng(10);
        for (int run = 0; run < 20_000; run++)
        {
            byte[] noise = new byte[prng.Next(150)];
            prng.Fill(noise);
            if (noise.Length > 16 && prng.OneIn(2))
            {
                noise[16] = RecordBatchHeader.CurrentMagic;
                noise[8] = noise[9] = noise[10] = 0;
            }

            Assert.False(Batches.Validate(noise).IsValid);
            Assert.False(Batches.TryRead(noise, out _).IsValid);
        }
    }

    /// <summary>
    /// The leader's check gives the same answer in one piece and in many, and a reader gives one too.
    /// </summary>
    private static void AssertAnswered(byte[] batch, Prng prng)
    {
        RecordCheck whole = Batches.Validate(batch);
        ReadOnlySequence<byte> pieces = Pieces.Of(batch, prng, maxPiece: 1 + prng.Next(60));
        Assert.Equal(whole, Batches.Validate(pieces));

        RecordCheck read = Batches.TryRead(batch, out _);
        Assert.True(read.IsValid || !whole.IsValid, $"a leader took what a reader refuses: {read}");
        Assert.NotEmpty(whole.Reason);
    }
}
