using System.Diagnostics;
using System.Text.Json;

namespace RaftStream.Cli.Bench;

/// <summary>What one process used during a measurement.</summary>
/// <param name="AllocatedBytes">On the managed heap; null for another process.</param>
internal sealed record ProcessUsage(
    int Pid, double CpuSeconds, long ResidentBytes, long PeakResidentBytes, long? AllocatedBytes)
{
    /// <summary>Processor seconds for a million records.</summary>
    public double PerMillion(long records) => records == 0 ? 0 : CpuSeconds / records * 1e6;

    /// <summary>Processor seconds for 10^9 bytes of values.</summary>
    public double PerGigabyte(long bytes) => bytes == 0 ? 0 : CpuSeconds / bytes * 1e9;

    /// <summary>Writes an object of that name.</summary>
    public void WriteJson(Utf8JsonWriter json, string name, long records, long bytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("pid", Pid);
        json.WriteNumber("cpuSeconds", Math.Round(CpuSeconds, 3));
        json.WriteNumber("cpuSecondsPerMillionRecords", Math.Round(PerMillion(records), 4));
        json.WriteNumber("cpuSecondsPerGigabyte", Math.Round(PerGigabyte(bytes), 3));
        json.WriteNumber("residentBytes", ResidentBytes);
        json.WriteNumber("peakResidentBytes", PeakResidentBytes);
        if (AllocatedBytes is { } allocated)
        {
            json.WriteNumber("allocatedBytes", allocated);
        }

        json.WriteEndObject();
    }
}

/// <summary>Time and processors used between two moments, by this process and the broker's.</summary>
internal sealed record Usage(TimeSpan Elapsed, ProcessUsage Client, ProcessUsage? Broker);

/// <summary>Measures from its creation on.</summary>
internal sealed class UsageMeter
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _ownCpu = OwnCpuSeconds;
    private readonly long _allocated = GC.GetTotalAllocatedBytes();
    private readonly int? _brokerPid;
    private readonly double? _brokerCpu;

    /// <summary>Starts; the broker is left out when its process is not known.</summary>
    public UsageMeter(int? brokerPid)
    {
        _brokerPid = brokerPid;
        _brokerCpu = brokerPid is { } pid ? ProcFiles.CpuSeconds(pid) : null;
    }

    /// <summary>What was used since.</summary>
    public Usage Stop()
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        int self = Environment.ProcessId;
        var client = new ProcessUsage(
            self,
            OwnCpuSeconds - _ownCpu,
            ProcFiles.ResidentBytes(self) ?? Environment.WorkingSet,
            ProcFiles.PeakResidentBytes(self) ?? 0,
            GC.GetTotalAllocatedBytes() - _allocated);
        ProcessUsage? broker = _brokerPid is { } pid && _brokerCpu is { } before && ProcFiles.CpuSeconds(pid) is { } after
            ? new ProcessUsage(pid, after - before, ProcFiles.ResidentBytes(pid) ?? 0, ProcFiles.PeakResidentBytes(pid) ?? 0, null)
            : null;
        return new Usage(elapsed, client, broker);
    }

    private static double OwnCpuSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;
}
