using System.Diagnostics.Metrics;
using RaftStream.Broker.Partitions;
using RaftStream.Model;

namespace RaftStream.Broker;

/// <summary>Counters and gauges of one broker, under the meter <see cref="MeterName"/>.</summary>
public sealed class BrokerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "RaftStream.Broker";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _produceRequests;
    private readonly Counter<long> _produceBytes;
    private readonly Counter<long> _produceRecords;
    private readonly Counter<long> _produceErrors;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _fetchRequests;
    private readonly Counter<long> _fetchBytes;
    private readonly Counter<long> _flushes;
    private readonly Counter<long> _truncatedCommitted;
    private readonly Counter<long> _uncleanElections;
    private readonly Histogram<double> _produceSeconds;
    private readonly Histogram<double> _flushSeconds;

    internal BrokerMetrics()
    {
        _produceRequests = _meter.CreateCounter<long>("raftstream.produce.requests", "{request}", "Produce requests answered with success.");
        _produceBytes = _meter.CreateCounter<long>("raftstream.produce.bytes", "By", "Bytes of batches appended.");
        _produceRecords = _meter.CreateCounter<long>("raftstream.produce.records", "{record}", "Records appended.");
        _produceErrors = _meter.CreateCounter<long>("raftstream.produce.errors", "{request}", "Produce requests refused, by error.");
        _duplicates = _meter.CreateCounter<long>("raftstream.produce.duplicates", "{request}", "Batches that an idempotent producer sent again and that were in the log already.");
        _fetchRequests = _meter.CreateCounter<long>("raftstream.fetch.requests", "{request}", "Answers to fetch requests and on consume streams.");
        _fetchBytes = _meter.CreateCounter<long>("raftstream.fetch.bytes", "By", "Bytes of batches sent to consumers.");
        _flushes = _meter.CreateCounter<long>("raftstream.log.flushes", "{flush}", "Group commits.");
        _truncatedCommitted = _meter.CreateCounter<long>("raftstream.replica.truncated_committed", "{truncation}", "Truncations below a high watermark: acknowledged records are gone.");
        _uncleanElections = _meter.CreateCounter<long>("raftstream.partitions.unclean_elections", "{election}", "Times that this broker was made leader although it may lack acknowledged records.");
        _produceSeconds = _meter.CreateHistogram<double>("raftstream.produce.duration", "s", "From the append to the acknowledgement.");
        _flushSeconds = _meter.CreateHistogram<double>("raftstream.log.flush.duration", "s", "One group commit.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Produced(int records, int bytes)
    {
        _produceRequests.Add(1);
        _produceBytes.Add(bytes);
        _produceRecords.Add(records);
    }

    internal void ProduceRefused(ErrorCode error) =>
        _produceErrors.Add(1, new KeyValuePair<string, object?>("error", error.KafkaName()));

    internal void DuplicateProduced() => _duplicates.Add(1);

    internal void Acknowledged(TimeSpan took) => _produceSeconds.Record(took.TotalSeconds);

    internal void Fetched(long bytes)
    {
        _fetchRequests.Add(1);
        _fetchBytes.Add(bytes);
    }

    internal void Flushed(TimeSpan took)
    {
        _flushes.Add(1);
        _flushSeconds.Record(took.TotalSeconds);
    }

    /// <summary>R-7.5: only with flush=os, or after an unclean election.</summary>
    internal void TruncatedCommitted() => _truncatedCommitted.Add(1);

    /// <summary>R-9.6.</summary>
    internal void ElectedUncleanly() => _uncleanElections.Add(1);

    /// <summary>Gauges over all partitions; they walk the table when somebody looks.</summary>
    internal void Observe(PartitionTable table, Func<long> metadataEnd)
    {
        _meter.CreateObservableGauge("raftstream.topics", () => table.Topics.LongCount(), "{topic}", "Topics with partitions here.");
        _meter.CreateObservableGauge("raftstream.partitions", () => table.Cells.LongCount(), "{partition}", "Partitions here.");
        _meter.CreateObservableGauge("raftstream.produce.waiting", () => table.Cells.Sum(c => (long)c.WaitingProduces), "{request}", "Produce requests that wait for their acknowledgement.");
        _meter.CreateObservableGauge("raftstream.fetch.parked", () => table.Cells.Sum(c => (long)c.ParkedFetches), "{fetch}", "Fetches that wait for news.");
        _meter.CreateObservableGauge("raftstream.partitions.led", () => table.Cells.LongCount(c => c.Role.IsLeader), "{partition}", "Partitions led here.");
        _meter.CreateObservableGauge(
            "raftstream.partitions.under_replicated", () => table.Cells.LongCount(c => c.Role is { IsLeader: true, State: { } s } && s.Isr.Length < s.Replicas.Length), "{partition}", "Partitions led here that lack replicas in the ISR.");
        _meter.CreateObservableGauge(
            "raftstream.partitions.under_min_isr", () => table.Cells.LongCount(c => c.Role is { IsLeader: true, State: { } s } && s.Isr.Length < s.MinIsr), "{partition}", "Partitions led here that take no acks=all.");
        _meter.CreateObservableGauge("raftstream.metadata.end_offset", metadataEnd, "{record}", "End of the metadata replayed.");
        _meter.CreateObservableGauge("raftstream.log.size", () => SizeByTopic(table), "By", "Bytes of the logs of a topic.");
    }

    private static IEnumerable<Measurement<long>> SizeByTopic(PartitionTable table) => table.Topics.Select(topic =>
        new Measurement<long>(
            topic.Cells.Sum(cell => cell?.Log.SizeInBytes ?? 0), new KeyValuePair<string, object?>("topic", topic.Name)));
}
