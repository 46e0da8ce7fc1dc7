using System.Buffers;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Benchmarks;

/// <summary>A leader's check of compressed batches of JSON lines, small ones and up to 10 MiB decompressed.</summary>
[Config(typeof(QuickInProcess))]
public class CompressedBatchBenchmarks
{
    private const long Now = 1_700_000_000_000;

    private readonly RecordBatchRules _rules = new() { MaxBatchBytes = int.MaxValue };
    private ReadOnlySequence<byte> _batch;

    [Params(CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd)]
    public CompressionCodec Codec { get; set; }

    [Params(16, 256, 2048, 10240)]
    public int ContentKiB { get; set; }

    [GlobalSetup]
    public void BuildBatch()
    {
        var prng = new Prng(1);
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = Codec, BatchBytes = int.MaxValue });
        for (int bytes = 0; bytes < ContentKiB * 1024;)
        {
            byte[] line = Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"time":"10:{{prng.Next(60):00}}","level":"INFO","service":"catalogue","path":"/items/{{prng.Next(500)}}","tookMs":{{prng.Next(90)}}}"""));
            builder.TryAppend(Now, default, line);
            bytes += line.Length;
        }

        _batch = new ReadOnlySequence<byte>(builder.Build().ToArray());
    }

    [Benchmark]
    public RecordCheck Validate() => RecordBatchValidator.Validate(_batch, _rules, Now, out _);
}
