using System.Buffers;
using BenchmarkDotNet.Attributes;
using RaftStream.Records;

namespace RaftStream.Benchmarks;

/// <summary>Records of a null key and a value of 100 bytes, uncompressed; figures are per record.</summary>
[Config(typeof(QuickInProcess))]
public class RecordBatchBenchmarks : IDisposable
{
    private const int Records = 512; // about 56 KB: one batch of 64 KiB
    private const int ValueBytes = 100;
    private const int PieceBytes = 4096;
    private const long Now = 1_700_000_000_000;

    private readonly RecordBatchBuilder _builder = new(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
    private readonly RecordBatchReader _reader = new();
    private readonly RecordBatchRules _rules = new();
    private readonly byte[] _value = new byte[ValueBytes];
    private byte[] _batch = [];
    private ReadOnlySequence<byte> _whole;
    private ReadOnlySequence<byte> _pieces;

    [GlobalSetup]
    public void BuildBatch()
    {
        new Model.Prng(1).Fill(_value);
        Build();
        _batch = _builder.Build().ToArray();
        _whole = new ReadOnlySequence<byte>(_batch);
        _pieces = Cut(_batch);
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int Build()
    {
        _builder.Reset();
        for (int i = 0; i < Records; i++)
        {
            _builder.TryAppend(Now + (i >> 6), default, _value);
        }

        return _builder.Build().Length;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public RecordCheck Validate() => RecordBatchValidator.Validate(_whole, _rules, Now, out _);

    [Benchmark(OperationsPerInvoke = Records)]
    public RecordCheck ValidatePieces() => RecordBatchValidator.Validate(_pieces, _rules, Now, out _);

    [Benchmark(OperationsPerInvoke = Records)]
    public RecordCheck CheckIntegrity() => RecordBatchIntegrity.Check(_batch, int.MaxValue, out _);

    [Benchmark(OperationsPerInvoke = Records)]
    public int Read()
    {
        int bytes = 0;
        _reader.Open(_batch, out _, out RecordEnumerator records);
        while (records.MoveNext())
        {
            bytes += records.Current.Value.Length;
        }

        return bytes;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _builder.Dispose();
        _reader.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static ReadOnlySequence<byte> Cut(byte[] bytes)
    {
        var first = new Piece(bytes.AsMemory(0, PieceBytes), before: null);
        Piece last = first;
        for (int at = PieceBytes; at < bytes.Length; at += PieceBytes)
        {
            last = new Piece(bytes.AsMemory(at, Math.Min(PieceBytes, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
