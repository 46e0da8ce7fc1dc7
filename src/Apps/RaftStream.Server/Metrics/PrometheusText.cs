using System.Globalization;
using System.Text;

namespace RaftStream.Server.Metrics;

/// <summary>Prometheus' text format 0.0.4: names with units, <c>_total</c> on counters, cumulative buckets.</summary>
internal static class PrometheusText
{
    /// <summary>What the answer is declared as.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Render(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (MetricFamily family in families)
        {
            string name = NameOf(family.Instrument.Name, family.Instrument.Unit, family.Kind);
            bool first = true;
            foreach ((TagSet tags, MetricCell cell) in family.Series())
            {
                if (first)
                {
                    WriteHead(text, name, family);
                    first = false;
                }

                WriteSeries(text, name, family, Labels(tags), cell);
            }
        }

        return text.ToString();
    }

    /// <summary><c>raftstream.produce.bytes</c> in <c>By</c> is <c>raftstream_produce_bytes_total</c>: the unit is there once.</summary>
    internal static string NameOf(string instrument, string? unit, MetricKind kind)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (char letter in instrument)
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        }

        string word = UnitWord(unit, kind);
        if (word.Length > 0 && !name.ToString().EndsWith($"_{word}", StringComparison.Ordinal))
        {
            name.Append('_').Append(word);
        }

        if (kind == MetricKind.Counter)
        {
            name.Append("_total");
        }

        return name.ToString();
    }

    // UCUM, as OpenTelemetry writes units; what stands in braces is a comment and no unit.
    private static string UnitWord(string? unit, MetricKind kind) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "By" => "bytes",
        "1" when kind == MetricKind.Gauge => "ratio",
        _ => "",
    };

    private static void WriteHead(StringBuilder text, string name, MetricFamily family)
    {
        if (!string.IsNullOrEmpty(family.Instrument.Description))
        {
            string help = family.Instrument.Description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        }

        string type = family.Kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" };
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private static void WriteSeries(StringBuilder text, string name, MetricFamily family, string labels, MetricCell cell)
    {
        if (family.Kind != MetricKind.Histogram)
        {
            WriteLine(text, name, labels, cell.Value);
            return;
        }

        long count = 0;
        long[] buckets = cell.ReadBuckets();
        for (int i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            string end = i < family.Boundaries.Length ? Number(family.Boundaries[i]) : "+Inf";
            string all = labels.Length == 0 ? $"le=\"{end}\"" : $"{labels},le=\"{end}\"";
            WriteLine(text, $"{name}_bucket", all, count);
        }

        WriteLine(text, $"{name}_sum", labels, cell.Value);
        WriteLine(text, $"{name}_count", labels, count);
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Labels(TagSet tags)
    {
        var labels = new StringBuilder();
        foreach ((string key, object? value) in tags.Tags)
        {
            string name = NameOf(key, unit: null, MetricKind.Gauge);
            string written = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            written = written.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            labels.Append(labels.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(written).Append('"');
        }

        return labels.ToString();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
