using System.Diagnostics.Metrics;
using RaftStream.Kafka.Exchanges;

namespace RaftStream.Kafka;

/// <summary>Counters and gauges of the Kafka door, under the meter <see cref="MeterName"/>.</summary>
public sealed class KafkaMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "RaftStream.Kafka";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _fileBytes;
    private readonly Counter<long> _closed;
    private readonly Histogram<double> _seconds;

    /// <param name="connections">Connections that are open.</param>
    /// <param name="receivingBytes">Bytes that large requests have reserved.</param>
    /// <param name="unsentBytes">Bytes that large answers take.</param>
    internal KafkaMetrics(Func<long> connections, Func<long> receivingBytes, Func<long> unsentBytes)
    {
        _requests = _meter.CreateCounter<long>("raftstream.kafka.requests", "{request}", "Kafka requests answered, by API.");
        _seconds = _meter.CreateHistogram<double>("raftstream.kafka.request.duration", "s", "From a Kafka request's arrival until its answer is on its way, by API.");
        _fileBytes = _meter.CreateCounter<long>(
            "raftstream.kafka.fetch.bytes", "By", "Bytes of log files sent to Kafka clients, by path: sendfile (never in this process) or copy.");
        _closed = _meter.CreateCounter<long>("raftstream.kafka.connections.closed", "{connection}", "Kafka connections that the broker closed, by reason.");
        _meter.CreateObservableGauge("raftstream.kafka.connections", connections, "{connection}", "Kafka connections that are open.");
        _meter.CreateObservableGauge("raftstream.kafka.unsent.bytes", unsentBytes, "By", "Memory of large Kafka answers that are being made, or not taken by their clients.");
        _meter.CreateObservableGauge("raftstream.kafka.receiving.bytes", receivingBytes, "By", "Memory of large Kafka requests that are being received or served.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Answered(ServedApi api, TimeSpan took)
    {
        _requests.Add(1, api.MetricTag);
        _seconds.Record(took.TotalSeconds, api.MetricTag);
    }

    internal void FileBytes(string path, long bytes)
    {
        if (bytes > 0)
        {
            _fileBytes.Add(bytes, new KeyValuePair<string, object?>("path", path));
        }
    }

    internal void Closed(string reason) => _closed.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
