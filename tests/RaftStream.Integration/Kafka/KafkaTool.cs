using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration.Kafka;

/// <summary>A Kafka client that is not ours.</summary>
public enum KafkaClient
{
    /// <summary>kcat, a command on librdkafka.</summary>
    Kcat,

    /// <summary>librdkafka itself, under a program of ours in C, compiled by the tests.</summary>
    Librdkafka,

    /// <summary>kafkajs, all in JavaScript, and codecs beside it.</summary>
    KafkaJs,
}

/// <summary>Whether Kafka clients are here. <c>scripts/install-test-tools</c> installs all of them.</summary>
internal static class KafkaTool
{
    private static readonly Lazy<string?> KcatMissing = new(() => Found("kcat", ["-V"], "kcat"));

    private static readonly Lazy<string?> LibrdkafkaMissing = new(() => Found("gcc", ["--version"], "gcc")
        ?? Found("gcc", ["-E", "-include", "librdkafka/rdkafka.h", "-x", "c", "/dev/null", "-o", "/dev/null"], "librdkafka-dev"));

    private static readonly Lazy<string?> KafkaJsMissing = new(() => Found(
        "node", ["-e", "['kafkajs', 'kafkajs-snappy', 'lz4-napi', 'zstd-codec'].forEach(require)"], "kafkajs with its codecs"));

    /// <summary>Where this project's foreign programs are.</summary>
    public static string SourceOf(string file) =>
        Path.Combine(ForeignTool.RepositoryRoot, "tests", "RaftStream.Integration", "Foreign", file);

    /// <summary>Why tests with this client are skipped; null when they run.</summary>
    public static string? Missing(KafkaClient client) => client switch
    {
        KafkaClient.Kcat => KcatMissing.Value,
        KafkaClient.Librdkafka => LibrdkafkaMissing.Value,
        _ => KafkaJsMissing.Value,
    };

    private static string? Found(string program, string[] arguments, string name) => ForeignTool.Runs(program, arguments, ForeignTool.NodeModules)
        ? null
        : $"{name} is not installed: run scripts/install-test-tools";
}

/// <summary>A fact that is skipped, with the reason, where one of its clients is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute(params KafkaClient[] clients) => Skip = clients.Select(KafkaTool.Missing).FirstOrDefault(missing => missing is not null);
}

/// <summary>A theory that is skipped, with the reason, where its client is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaTheoryAttribute : TheoryAttribute
{
    public KafkaTheoryAttribute(KafkaClient client) => Skip = KafkaTool.Missing(client);
}
