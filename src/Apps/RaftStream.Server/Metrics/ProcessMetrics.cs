using System.Diagnostics.Metrics;

namespace RaftStream.Server.Metrics;

/// <summary>What the process uses, under the names that Prometheus' dashboards know.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly Meter _meter = new("RaftStream.Process");

    public ProcessMetrics(DateTimeOffset started)
    {
        _meter.CreateObservableCounter(
            "process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time used, user and system.");
        _meter.CreateObservableGauge("process.resident_memory", () => Environment.WorkingSet, "By", "Memory in RAM.");
        _meter.CreateObservableGauge("process.open_fds", CountDescriptors, "{descriptor}", "Open files and sockets.");
        double startSeconds = started.ToUnixTimeMilliseconds() / 1000.0;
        _meter.CreateObservableGauge("process.start_time", () => startSeconds, "s", "When the process started, since 1970-01-01 UTC.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> CountDescriptors() =>
        Directory.Exists("/proc/self/fd") ? [new Measurement<int>(Directory.GetFileSystemEntries("/proc/self/fd").Length)] : [];
}
