using System.Diagnostics.Metrics;
using RaftStream.Server.Metrics;

namespace RaftStream.Server.Tests.Metrics;

/// <summary>What is measured is what a scraper reads.</summary>
public sealed class PrometheusTests : IDisposable
{
    private readonly Meter _meter = new($"RaftStream.Test.{Guid.NewGuid()}");
    private readonly string _prefix = $"t{Guid.NewGuid():N}";
    private readonly MetricsCollector _collector = new();

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData("raftstream.produce.records", "{record}", MetricKind.Counter, "raftstream_produce_records_total")]
    [InlineData("raftstream.produce.bytes", "By", MetricKind.Counter, "raftstream_produce_bytes_total")]
    [InlineData("raftstream.log.size", "By", MetricKind.Gauge, "raftstream_log_size_bytes")]
    [InlineData("raftstream.flush.duration", "s", MetricKind.Histogram, "raftstream_flush_duration_seconds")]
    [InlineData("heap.fragmentation", "1", MetricKind.Gauge, "heap_fragmentation_ratio")]
    [InlineData("plain-name", null, MetricKind.Gauge, "plain_name")]
    internal void Names_carry_unit_and_kind_once(string instrument, string? unit, MetricKind kind, string expected)
    {
        Assert.Equal(expected, PrometheusText.NameOf(instrument, unit, kind));
    }

    [Fact]
    public void Counters_add_up_per_set_of_tags()
    {
        Counter<long> counter = _meter.CreateCounter<long>($"{_prefix}.requests", "{request}", "Requests \\ taken.\nAll of them.");

        counter.Add(2, KeyValuePair.Create<string, object?>("topic", "a"));
        counter.Add(3, KeyValuePair.Create<string, object?>("topic", "a"));
        counter.Add(5, KeyValuePair.Create<string, object?>("topic", "with \"quotes\" and \\"));
        counter.Add(7);

        Assert.Equal(
            [
                $"# HELP {_prefix}_requests_total Requests \\\\ taken.\\nAll of them.",
                $"# TYPE {_prefix}_requests_total counter",
                $"{_prefix}_requests_total 7",
                $"{_prefix}_requests_total{{topic=\"a\"}} 5",
                $"{_prefix}_requests_total{{topic=\"with \\\"quotes\\\" and \\\\\"}} 5",
            ],
            Lines());
    }

    [Fact]
    public void Gauges_show_the_last_value_and_up_down_counters_the_sum()
    {
        Gauge<double> gauge = _meter.CreateGauge<double>($"{_prefix}.level");
        UpDownCounter<int> parked = _meter.CreateUpDownCounter<int>($"{_prefix}.parked");

        gauge.Record(1.5);
        gauge.Record(0.25);
        parked.Add(3);
        parked.Add(-1);

        Assert.Contains($"{_prefix}_level 0.25", Lines());
        Assert.Contains($"{_prefix}_parked 2", Lines());
    }

    [Fact]
    public void Observed_series_that_are_gone_are_shown_no_more()
    {
        var sizes = new Dictionary<string, long> { ["a"] = 1, ["b"] = 2 };
        _meter.CreateObservableGauge(
            $"{_prefix}.size",
            () => sizes.Select(size => new Measurement<long>(size.Value, KeyValuePair.Create<string, object?>("topic", size.Key))),
            "By");
        Assert.Contains($"{_prefix}_size_bytes{{topic=\"b\"}} 2", Lines());

        sizes.Remove("b");

        Assert.Equal([$"# TYPE {_prefix}_size_bytes gauge", $"{_prefix}_size_bytes{{topic=\"a\"}} 1"], Lines());
    }

    [Fact]
    public void Histograms_have_cumulative_buckets_with_inclusive_ends()
    {
        Histogram<double> histogram = _meter.CreateHistogram(
            $"{_prefix}.wait", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });

        foreach (double seconds in new[] { 0.05, 0.1, 0.5, 2 })
        {
            histogram.Record(seconds);
        }

        Assert.Equal(
            [
                $"# TYPE {_prefix}_wait_seconds histogram",
                $"{_prefix}_wait_seconds_bucket{{le=\"0.1\"}} 2",
                $"{_prefix}_wait_seconds_bucket{{le=\"1\"}} 3",
                $"{_prefix}_wait_seconds_bucket{{le=\"+Inf\"}} 4",
                $"{_prefix}_wait_seconds_sum 2.65",
                $"{_prefix}_wait_seconds_count 4",
            ],
            Lines());
    }

    [Fact]
    public void Concurrent_additions_are_all_counted()
    {
        Counter<double> counter = _meter.CreateCounter<double>($"{_prefix}.sum");
        Histogram<long> histogram = _meter.CreateHistogram<long>($"{_prefix}.sizes");

        Parallel.For(0, 10_000, i =>
        {
            counter.Add(1, KeyValuePair.Create<string, object?>("worker", i % 2));
            histogram.Record(i);
        });

        Assert.Contains($"{_prefix}_sum_total{{worker=\"0\"}} 5000", Lines());
        Assert.Contains($"{_prefix}_sum_total{{worker=\"1\"}} 5000", Lines());
        Assert.Contains($"{_prefix}_sizes_count 10000", Lines());
    }

    [Fact]
    public void Recording_allocates_nothing_once_the_series_is_known()
    {
        Counter<long> counter = _meter.CreateCounter<long>($"{_prefix}.hot");
        var tag = KeyValuePair.Create<string, object?>("topic", "a");
        for (int i = 0; i < 1000; i++)
        {
            counter.Add(1, tag);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            counter.Add(1, tag);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_tag_without_bounds_stops_at_the_limit()
    {
        Counter<long> counter = _meter.CreateCounter<long>($"{_prefix}.many");

        for (int i = 0; i < MetricFamily.MaxSeries + 10; i++)
        {
            counter.Add(1, KeyValuePair.Create<string, object?>("id", i));
        }

        Assert.Equal(MetricFamily.MaxSeries + 1, Lines().Count);
    }

    [Fact]
    public void The_process_and_the_runtime_are_there()
    {
        using var process = new ProcessMetrics(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

        string text = _collector.RenderPrometheusText();

        Assert.Matches(@"(?m)^process_cpu_seconds_total \d", text);
        Assert.Matches(@"(?m)^process_resident_memory_bytes [1-9]\d{6,}$", text);
        Assert.Matches(@"(?m)^process_open_fds [1-9]", text);
        Assert.Matches(@"(?m)^process_start_time_seconds 1700000000$", text);
        Assert.Matches(@"(?m)^dotnet_gc_collections_total\{gc_heap_generation=""gen0""\} \d", text);
    }

    private List<string> Lines() =>
        [.. _collector.RenderPrometheusText().Split('\n').Where(line => line.Contains(_prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .OrderBy(line => line.StartsWith('#') ? 0 : line.Contains("_bucket", StringComparison.Ordinal) ? 1 : line.Contains("_sum ", StringComparison.Ordinal) ? 2 : 3)
            .ThenBy(line => line.Contains("+Inf", StringComparison.Ordinal))];
}
