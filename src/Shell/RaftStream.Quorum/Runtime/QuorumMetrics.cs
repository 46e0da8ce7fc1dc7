using System.Diagnostics.Metrics;
using RaftStream.Raft;

namespace RaftStream.Quorum.Runtime;

/// <summary>Counters and gauges of one node of the quorum, under the meter <see cref="MeterName"/>.</summary>
public sealed class QuorumMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "RaftStream.Quorum";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _elections;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _fenced;
    private readonly Histogram<double> _operationSeconds;
    private readonly Histogram<double> _flushSeconds;

    internal QuorumMetrics(Func<RaftView?> view, Func<bool> isActive)
    {
        _elections = _meter.CreateCounter<long>("raftstream.quorum.elections", "{election}", "Elections that this node stood for.");
        _operations = _meter.CreateCounter<long>("raftstream.controller.operations", "{operation}", "Operations answered by the controller here, by outcome.");
        _fenced = _meter.CreateCounter<long>("raftstream.brokers.fenced", "{broker}", "Brokers that the controller here fenced because they were silent or closed their connection.");
        _operationSeconds = _meter.CreateHistogram<double>("raftstream.controller.operation.duration", "s", "From the submission of an operation to its answer.");
        _flushSeconds = _meter.CreateHistogram<double>("raftstream.quorum.flush.duration", "s", "One flush of the metadata log.");
        Gauge("raftstream.quorum.epoch", "{epoch}", "Epoch of this node.", node => node.Epoch.Value);
        Gauge("raftstream.quorum.leader_id", "{node}", "Node that leads, -1 when unknown.", node => node.LeaderId.Value);
        Gauge("raftstream.quorum.voters", "{voter}", "Voters in force.", node => node.Voters.Voters.Length);
        Gauge("raftstream.quorum.high_watermark", "{record}", "Everything below is committed; -1 when unknown.", node => node.HighWatermark?.Value ?? -1);
        Gauge("raftstream.quorum.log_start_offset", "{record}", "First offset of the metadata log.", node => node.LogStart.Value);
        Gauge("raftstream.quorum.log_end_offset", "{record}", "Next offset of the metadata log.", node => node.LogEnd.Value);
        Gauge("raftstream.quorum.durable_end_offset", "{record}", "The metadata log is flushed up to here.", node => node.DurableEnd.Value);
        Gauge("raftstream.controller.active", "{controller}", "1 on the node whose controller decides.", _ => isActive() ? 1 : 0);

        void Gauge(string name, string unit, string description, Func<RaftView, long> value) => _meter.CreateObservableGauge(
            name, () => view() is { } node ? (Measurement<long>[])[new Measurement<long>(value(node))] : [], unit, description);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal Meter Meter => _meter;

    internal void Fenced() => _fenced.Add(1);

    internal void StoodForElection() => _elections.Add(1);

    internal void Answered(TimeSpan took, bool succeeded)
    {
        _operations.Add(1, new KeyValuePair<string, object?>("outcome", succeeded ? "success" : "not_controller"));
        _operationSeconds.Record(took.TotalSeconds);
    }

    internal void Flushed(TimeSpan took) => _flushSeconds.Record(took.TotalSeconds);
}
