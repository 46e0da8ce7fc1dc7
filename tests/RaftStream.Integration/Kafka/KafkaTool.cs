using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration.Kafka;

/// <summary>A Kafka client that is not ours.</summary>
public enum KafkaClient
{
    /// <summary>kcat, a command on librdkafka.</summary>
    Kcat,

    /// <summary>librdkafka itself, under a program of ours in C, compiled by the tests.</summary>
    Librdkafka,

    /// <summary>kafkajs, all in JavaScript.</summary>
    KafkaJs,
}

/// <summary>Whether Kafka clients are here. <c>scripts/install-test-tools</c> installs all of them.</summary>
internal static class KafkaTool
{
    private static readonly Lazy<string?> KcatMissing = new(() => Found("kcat", ["-V"], "kcat"));

    private static readonly Lazy<string?> LibrdkafkaMissing = new(() => Found("gcc", ["--version"], "gcc")
        ?? Found("gcc", ["-E", "-include", "librdkafka/rdkafka.h", "-x", "c", "/dev/null", "-o", "/dev/null"], "librdkafka-dev"));

    private static readonly Lazy<string?> KafkaJsMissing = new(() => Found("node", ["-e", "require('kafkajs')"], "kafkajs"));

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

/// <summary>A fact that is skipped, with the reason, where its client is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute(KafkaClient client) => Skip = KafkaTool.Missing(client);
}

/// <summary>A theory that is skipped, with the reason, where its client is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaTheoryAttribute : TheoryAttribute
{
    public KafkaTheoryAttribute(KafkaClient client) => Skip = KafkaTool.Missing(client);
}
