using System.Globalization;
using System.Text.Json;

namespace RaftStream.Cli.Bench;

/// <summary>The percentiles of a histogram of nanoseconds, in microseconds.</summary>
internal sealed record LatencySummary(
    long Count, double MinUs, double MeanUs, double P50Us, double P90Us, double P99Us, double P999Us, double MaxUs)
{
    /// <summary>Reads them off.</summary>
    public static LatencySummary Of(Histogram nanoseconds) => new(
        nanoseconds.Count,
        nanoseconds.Min / 1000.0,
        nanoseconds.Mean / 1000.0,
        nanoseconds.Percentile(50) / 1000.0,
        nanoseconds.Percentile(90) / 1000.0,
        nanoseconds.Percentile(99) / 1000.0,
        nanoseconds.Percentile(99.9) / 1000.0,
        nanoseconds.Max / 1000.0);

    /// <summary>Writes an object of that name.</summary>
    public void WriteJson(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", Count);
        json.WriteNumber("minUs", Math.Round(MinUs, 1));
        json.WriteNumber("meanUs", Math.Round(MeanUs, 1));
        json.WriteNumber("p50Us", Math.Round(P50Us, 1));
        json.WriteNumber("p90Us", Math.Round(P90Us, 1));
        json.WriteNumber("p99Us", Math.Round(P99Us, 1));
        json.WriteNumber("p999Us", Math.Round(P999Us, 1));
        json.WriteNumber("maxUs", Math.Round(MaxUs, 1));
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"p50 {P50Us:N0} us, p90 {P90Us:N0} us, p99 {P99Us:N0} us, p99.9 {P999Us:N0} us, max {MaxUs:N0} us");
}
