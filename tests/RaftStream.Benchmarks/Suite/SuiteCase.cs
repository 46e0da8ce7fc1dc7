namespace RaftStream.Benchmarks.Suite;

/// <summary>What one case measures, which decides its columns.</summary>
internal enum CaseKind
{
    /// <summary>Rates: <c>bench produce</c> or <c>bench consume</c>.</summary>
    Throughput,

    /// <summary><c>bench latency</c>.</summary>
    Latency,

    /// <summary>Time until a broker process is ready, and its idle memory.</summary>
    Startup,

    /// <summary>Time until an embedded broker is ready in a warm process.</summary>
    Embedded,
}

/// <summary>One configuration.</summary>
/// <param name="Arguments">Of <c>raftstream bench</c>.</param>
internal sealed record SuiteCase(string Name, CaseKind Kind, IReadOnlyList<string> Arguments)
{
    /// <summary>All of them, in the order of their running within a round.</summary>
    public static IReadOnlyList<SuiteCase> All { get; } =
    [
        new("startup", CaseKind.Startup, []),
        new("embedded", CaseKind.Embedded, []),
        Rate("produce 100 B, 1 partition, os", "produce", "100", "1", "os"),
        Rate("produce 100 B, 6 partitions, os", "produce", "100", "6", "os"),
        Rate("produce 100 B, 1 partition, commit", "produce", "100", "1", "commit"),
        Rate("produce 100 B, 6 partitions, commit", "produce", "100", "6", "commit"),
        Rate("produce 1 KiB, 1 partition, os", "produce", "1KiB", "1", "os"),
        Rate("produce 1 KiB, 1 partition, commit", "produce", "1KiB", "1", "commit"),
        Rate("consume 100 B, 1 partition", "consume", "100", "1", "os", "--records", "10M"),
        Rate("consume 100 B, 6 partitions", "consume", "100", "6", "os", "--records", "10M"),
        Rate("consume 1 KiB, 1 partition", "consume", "1KiB", "1", "os", "--records", "1M"),
        new("latency 5,000/s, os", CaseKind.Latency, ["latency", "--rate", "5000", "--flush", "os"]),
        new("latency 5,000/s, commit", CaseKind.Latency, ["latency", "--rate", "5000", "--flush", "commit"]),
    ];

    private static SuiteCase Rate(string name, string benchmark, string size, string partitions, string flush, params string[] more) =>
        new(name, CaseKind.Throughput, [benchmark, "--record-size", size, "--partitions", partitions, "--flush", flush, .. more]);
}
