using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Benchmarks;

/// <summary>The codecs on 64 KiB of lines as a web server logs them, at their default levels.</summary>
[Config(typeof(QuickInProcess))]
public class CodecBenchmarks : IDisposable
{
    private const int ContentBytes = 64 * 1024;

    private readonly PooledBufferWriter _destination = new();
    private byte[] _content = [];
    private byte[] _compressed = [];
    private ICompressionCodec _codec = null!;

    [Params(CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd)]
    public CompressionCodec Codec { get; set; }

    [GlobalSetup]
    public void Compose()
    {
        var prng = new Prng(1);
        var text = new StringBuilder();
        while (text.Length < ContentBytes)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"10:{prng.Next(60):00}:{prng.Next(60):00} INFO request {prng.Next(1_000_000)} ");
            text.Append(CultureInfo.InvariantCulture, $"of /items/{prng.Next(500)} took {prng.Next(900)} ms\n");
        }

        _content = Encoding.ASCII.GetBytes(text.ToString(0, ContentBytes));
        _codec = CompressionCodecs.Find(Codec)!;
        Compress();
        _compressed = _destination.Written.ToArray();
    }

    [Benchmark]
    public int Compress()
    {
        _destination.Clear();
        _codec.Compress(_content, _destination);
        return _destination.Length;
    }

    [Benchmark]
    public int Decompress()
    {
        _destination.Clear();
        _codec.Decompress(_compressed, _destination, ContentBytes);
        return _destination.Length;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _destination.Dispose();
        GC.SuppressFinalize(this);
    }
}
