using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RaftStream.Server.Metrics;

/// <summary>How a family is kept and shown.</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Measurements sorted into buckets.</summary>
    Histogram,
}

/// <summary>All series of one instrument: one per set of tags.</summary>
internal sealed class MetricFamily
{
    /// <summary>Series of one family at most: a tag with unbounded values must not eat the broker's memory.</summary>
    public const int MaxSeries = 20_000;

    // From a tenth of a millisecond, where a produce ends, to ten seconds, where clients give up.
    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] Counts =
        [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

    private readonly ConcurrentDictionary<TagSet, MetricCell> _cells = new(TagSetComparer.Instance);
    private readonly ConcurrentDictionary<TagSet, MetricCell>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private readonly MetricCell _untagged;
    private readonly bool _setsTotals;
    private volatile bool _untaggedSeen;

    public MetricFamily(Instrument instrument)
    {
        Instrument = instrument;
        (Kind, _setsTotals) = KindOf(instrument);
        Boundaries = Kind == MetricKind.Histogram ? BoundariesOf(instrument) : [];
        _untagged = new MetricCell(Boundaries);
        _lookup = _cells.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    /// <summary>Name, unit and description.</summary>
    public Instrument Instrument { get; }

    /// <summary>How it is shown.</summary>
    public MetricKind Kind { get; }

    /// <summary>Inclusive upper ends of a histogram's buckets, ascending.</summary>
    public double[] Boundaries { get; }

    /// <summary>Takes one measurement; allocates only for tags not seen before.</summary>
    public void Measure(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (CellOf(tags) is not { } cell)
        {
            return;
        }

        if (Kind == MetricKind.Histogram)
        {
            cell.Record(measurement);
        }
        else if (_setsTotals)
        {
            cell.Set(measurement);
        }
        else
        {
            cell.Add(measurement);
        }
    }

    /// <summary>Forgets the series of an instrument that is observed: those that are still there will come again.</summary>
    public void ClearObserved()
    {
        if (Instrument.IsObservable)
        {
            _cells.Clear();
            _untaggedSeen = false;
        }
    }

    /// <summary>The series, in the order of nothing in particular.</summary>
    public IEnumerable<(TagSet Tags, MetricCell Cell)> Series()
    {
        if (_untaggedSeen)
        {
            yield return (new TagSet([]), _untagged);
        }

        foreach ((TagSet tags, MetricCell cell) in _cells)
        {
            yield return (tags, cell);
        }
    }

    private MetricCell? CellOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            _untaggedSeen = true;
            return _untagged;
        }

        if (_lookup.TryGetValue(tags, out MetricCell? cell))
        {
            return cell;
        }

        return _cells.Count >= MaxSeries ? null : _cells.GetOrAdd(new TagSet(tags), _ => new MetricCell(Boundaries));
    }

    // The type says what it is (OpenTelemetry's table of instruments); observed values are totals, recorded ones steps.
    private static (MetricKind Kind, bool SetsTotals) KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type[..type.IndexOf('`', StringComparison.Ordinal)] switch
        {
            "Counter" => (MetricKind.Counter, false),
            "ObservableCounter" => (MetricKind.Counter, true),
            "UpDownCounter" => (MetricKind.Gauge, false),
            "Histogram" => (MetricKind.Histogram, false),
            _ => (MetricKind.Gauge, true),
        };
    }

    private static double[] BoundariesOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } asked } => [.. asked],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } asked } => [.. asked.Select(boundary => (double)boundary)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } asked } => [.. asked.Select(boundary => (double)boundary)],
        { Unit: "s" } => Seconds,
        _ => Counts,
    };
}
