using BenchmarkDotNet.Attributes;
using RaftStream.Records;

namespace RaftStream.Benchmarks;

/// <summary>The ways to a CRC-32C beside each other; bytes per nanosecond are GB/s.</summary>
[Config(typeof(QuickInProcess))]
public class Crc32CBenchmarks
{
    /// <summary>Where a batch's checksummed part begins: no alignment to hope for.</summary>
    private const int Misalignment = RecordBatchHeader.ChecksummedFrom;

    private byte[] _bytes = [];

    [Params(256, 4096, 64 * 1024, 1024 * 1024)]
    public int Size { get; set; }

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(Misalignment, Size);

    [GlobalSetup]
    public void Fill()
    {
        _bytes = new byte[Size + Misalignment];
        new Model.Prng(1).Fill(_bytes);
    }

    [Benchmark(Baseline = true)]
    public uint Chosen() => Crc32C.Compute(Bytes);

    [Benchmark]
    public uint Fold512() => Fold<FoldingLane512>();

    [Benchmark]
    public uint Fold256() => Fold<FoldingLane256>();

    [Benchmark]
    public uint ThreeChains() => Crc32CChains.Append(0, Bytes);

    [Benchmark]
    public uint OneChain() => Crc32CChains.AppendOneChain(0, Bytes);

    private uint Fold<TLane>()
        where TLane : struct, IFoldingLane<TLane> =>
        TLane.IsSupported ? Crc32CFolding<TLane>.Append(0, Bytes) : throw new NotSupportedException();
}
