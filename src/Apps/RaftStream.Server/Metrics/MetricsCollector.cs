using System.Diagnostics.Metrics;

namespace RaftStream.Server.Metrics;

/// <summary>Listens to the meters of this process and shows what they measured as Prometheus text.</summary>
internal sealed class MetricsCollector : IDisposable
{
    /// <summary>Our own meters begin like this.</summary>
    public const string OwnMeters = "RaftStream";

    /// <summary>The runtime's meter: collections, heap, thread pool, exceptions.</summary>
    public const string RuntimeMeter = "System.Runtime";

    private readonly Lock _gate = new();
    private readonly List<MetricFamily> _families = [];
    private readonly MeterListener _listener = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = Listen;
        _listener.SetMeasurementEventCallback<long>(static (_, measurement, tags, family) => Measure(family, measurement, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, measurement, tags, family) => Measure(family, measurement, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, measurement, tags, family) => Measure(family, measurement, tags));
        _listener.Start();
    }

    /// <summary>Observes what is observed, then writes every series that has a value.</summary>
    public string RenderPrometheusText()
    {
        lock (_gate)
        {
            _families.ForEach(family => family.ClearObserved());
            _listener.RecordObservableInstruments();
            return PrometheusText.Render(_families);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Listen(Instrument instrument, MeterListener listener)
    {
        string meter = instrument.Meter.Name;
        if (meter == RuntimeMeter || meter.StartsWith(OwnMeters, StringComparison.Ordinal))
        {
            var family = new MetricFamily(instrument);
            lock (_gate)
            {
                int at = _families.FindIndex(other => string.CompareOrdinal(other.Instrument.Name, instrument.Name) > 0);
                _families.Insert(at < 0 ? _families.Count : at, family);
            }

            listener.EnableMeasurementEvents(instrument, family);
        }
    }

    private static void Measure(object? family, double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricFamily)family!).Measure(measurement, tags);
}
