using System.CommandLine;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.CommandLine;

/// <summary>Options of a few words that several commands share.</summary>
internal static class Choices
{
    private static readonly string[] Codecs = ["none", "gzip", "snappy", "lz4", "zstd"];

    /// <summary>The option <c>--codec</c>.</summary>
    public static Option<string?> Codec() => Choice.Create("--codec", null, "Compression of the batches", "none", Codecs);

    /// <summary>The option <c>--acks</c>.</summary>
    public static Option<string?> Acks() => Choice.Create(
        "--acks", null, "Whose acknowledgement to wait for: every in-sync replica's, the leader's, nobody's", "all", "all", "leader", "none");

    /// <summary>The codec of that name.</summary>
    /// <exception cref="CliException">Its library is not installed.</exception>
    public static CompressionCodec CodecOf(string name)
    {
        var codec = (CompressionCodec)Array.IndexOf(Codecs, name);
        RecordCheck check = CompressionCodecs.Check(codec);
        return check.IsValid ? codec : throw new CliException(
            $"Cannot compress with {name}: {check.Reason}\nOn Debian: apt-get install libzstd1 liblz4-1");
    }

    /// <summary>The acknowledgement of that name.</summary>
    public static ProducerAcks AcksOf(string name) => name switch
    {
        "leader" => ProducerAcks.Leader,
        "none" => ProducerAcks.None,
        _ => ProducerAcks.All,
    };
}
