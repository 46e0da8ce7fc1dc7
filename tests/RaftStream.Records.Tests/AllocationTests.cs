using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>Steady state allocates nothing: held as a number, since time cannot be.</summary>
public sealed class AllocationTests
{
    private static readonly byte[] Value = new byte[100];
    private static readonly RecordHeader[] Headers = [new("trace", "abc"u8.ToArray())];
    private static readonly RecordBatchRules Rules = Batches.Lenient with { AreKeysRequired = true };

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Zstd)]
    public void Building_a_batch_allocates_nothing(CompressionCodec codec)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = codec });

        AssertAllocatesNothing(() =>
        {
            builder.Reset();
            while (builder.TryAppend(1_000, "key"u8, Value, Headers))
            {
            }

            builder.SetProducer(1, 2, 3);
            return builder.Build().Length;
        });
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Zstd)]
    public void Validating_a_batch_allocates_nothing(CompressionCodec codec)
    {
        byte[] batch = Batches.Build(Batches.Compressible(500), codec);
        var whole = new ReadOnlySequence<byte>(batch);
        ReadOnlySequence<byte> pieces = Pieces.Of(batch, new Prng(15), maxPiece: 4096);

        AssertAllocatesNothing(() => Validate(whole) + Validate(pieces));

        static int Validate(in ReadOnlySequence<byte> batch) =>
            RecordBatchValidator.Validate(batch, Rules, nowMs: 0, out ValidatedBatch validated).IsValid
                ? validated.Header.RecordCount
                : throw new InvalidOperationException();
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Zstd)]
    public void Reading_a_batch_allocates_nothing(CompressionCodec codec)
    {
        byte[] batch = Batches.Build(Batches.Compressible(500), codec);
        using var reader = new RecordBatchReader();

        AssertAllocatesNothing(() =>
        {
            int bytes = 0;
            RecordCheck check = reader.Open(batch, out _, out RecordEnumerator records);
            while (check.IsValid && records.MoveNext())
            {
                bytes += records.Current.Value.Length;
                foreach (RecordHeaderView header in records.Current.Headers)
                {
                    bytes += header.Value.Length;
                }
            }

            return bytes;
        });
    }

    [Fact]
    public void Refusing_a_batch_allocates_nothing()
    {
        byte[] batch = Batches.Build(Batches.Compressible(5));
        batch[^1] ^= 1;
        var sequence = new ReadOnlySequence<byte>(batch);

        AssertAllocatesNothing(() => (int)RecordBatchValidator.Validate(sequence, Rules, 0, out _).Error);
    }

    [Fact]
    public void Gzip_allocates_little()
    {
        byte[] batch = Batches.Build(Batches.Compressible(500), CompressionCodec.Gzip);
        var sequence = new ReadOnlySequence<byte>(batch);

        long perBatch = Allocated(() => (int)RecordBatchValidator.Validate(sequence, Rules, 0, out _).Error) / Runs;

        Assert.InRange(perBatch, 0, 1024);
    }

    private const int Runs = 50;

    private static void AssertAllocatesNothing(Func<int> action) => Assert.Equal(0, Allocated(action));

    private static long Allocated(Func<int> action)
    {
        int expected = action();
        for (int i = 0; i < Runs; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        int same = 0;
        for (int i = 0; i < Runs; i++)
        {
            same += action() == expected ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Runs, same);
        return allocated;
    }
}
