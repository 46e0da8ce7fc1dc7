using System.Text.Json;

namespace RaftStream.Benchmarks.Suite;

/// <summary>Which figures of a client's JSON are kept, under which names.</summary>
internal static class Figures
{
    /// <summary>Of <c>bench produce</c> and <c>bench consume</c>.</summary>
    public static IReadOnlyList<(string Name, string[] Path)> Throughput { get; } =
    [
        ("recordsPerSecond", ["recordsPerSecond"]),
        ("megabytesPerSecond", ["megabytesPerSecond"]),
        ("brokerCpuPerMillion", ["broker", "cpuSecondsPerMillionRecords"]),
        ("brokerCpuPerGigabyte", ["broker", "cpuSecondsPerGigabyte"]),
        ("clientCpuPerMillion", ["client", "cpuSecondsPerMillionRecords"]),
        ("clientCpuPerGigabyte", ["client", "cpuSecondsPerGigabyte"]),
        ("brokerResidentBytes", ["broker", "residentBytes"]),
    ];

    /// <summary>Of <c>bench latency</c>.</summary>
    public static IReadOnlyList<(string Name, string[] Path)> Latency { get; } =
    [
        .. Percentiles("endToEnd"),
        .. Percentiles("ack"),
        .. Percentiles("fdatasync"),
        ("brokerCpuPerMillion", ["broker", "cpuSecondsPerMillionRecords"]),
        ("clientCpuPerMillion", ["client", "cpuSecondsPerMillionRecords"]),
        ("lateSends", ["lateSends"]),
    ];

    /// <summary>The number at a path; null when it is not there.</summary>
    public static double? Find(JsonElement element, IEnumerable<string> path)
    {
        foreach (string name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.Number ? element.GetDouble() : null;
    }

    private static IEnumerable<(string Name, string[] Path)> Percentiles(string name)
    {
        foreach (string percentile in (string[])["p50Us", "p99Us", "p999Us", "maxUs"])
        {
            yield return ($"{name}.{percentile}", [name, percentile]);
        }
    }
}
