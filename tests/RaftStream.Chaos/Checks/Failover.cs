using System.Globalization;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Reports;

namespace RaftStream.Chaos.Checks;

/// <summary>X-20 and L-13: a partition whose leader is killed while all its replicas are in sync takes writes again within a limit.</summary>
/// <remarks>
/// The 99th percentile over all such partitions counts; with fewer than a hundred of them that is the slowest. Other faults are only
/// reported: how long they last is up to them, and with too few replicas in sync waiting is what min.insync.replicas asks for.
/// </remarks>
internal sealed class Failover : ICheck
{
    private const string Kill = "kill-leader";

    public string Id => "X-20";

    public string Rule => "a partition whose leader is killed takes writes again in time";

    public Finding Run(History history)
    {
        Silence[] silences = [.. Availability.Silences(history).Where(one => one.Fault.Fault == Kill && one.IsWhole)];
        List<Anomaly> anomalies = [.. silences.Where(one => one.Nanoseconds is null).Select(one => new Anomaly(one.Partition, "took no write any more after its leader was killed", [one.Fault]))];
        Silence[] ended = [.. silences.Where(one => one.Nanoseconds is not null).OrderBy(one => one.Nanoseconds)];
        if (ended.Length == 0)
        {
            return new Finding(silences.Length, anomalies);
        }

        Silence high = ended[Math.Min(ended.Length - 1, ended.Length * 99 / 100)];
        if (history.LongestFailover is { } limit && high.Seconds > limit.TotalSeconds)
        {
            anomalies.AddRange(ended.Where(one => one.Seconds > limit.TotalSeconds).Select(one => Late(history, one, limit)));
        }

        string promise = history.LongestFailover is { } promised ? string.Create(CultureInfo.InvariantCulture, $"at most {promised.TotalSeconds:0.##} s is promised") : "no limit is set";
        return new Finding(silences.Length, anomalies, string.Create(CultureInfo.InvariantCulture, $"p99 {high.Seconds:F2} s; {promise}"));
    }

    /// <summary>With the acknowledgements on both sides of the silence.</summary>
    private static Anomaly Late(History history, Silence one, TimeSpan limit)
    {
        SendOperation[] acked = [.. history.AckedOf(one.Partition).OrderBy(send => send.Completed)];
        IEnumerable<Operation> around = new Operation?[] { acked.LastOrDefault(send => send.Completed <= one.From), one.Fault, acked.FirstOrDefault(send => send.Completed > one.From) }.OfType<Operation>();
        return new Anomaly(one.Partition, string.Create(CultureInfo.InvariantCulture, $"took no write for {one.Seconds:F2} s after its leader was killed, more than {limit.TotalSeconds:0.##} s"), [.. around]);
    }
}
