using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Reports;

/// <summary>X-20: when partitions took writes, and how long they did not after a fault.</summary>
internal static class Availability
{
    /// <summary>A silence this long is drawn: a partition is written to every few milliseconds.</summary>
    private const long GapNs = 250_000_000;

    /// <summary>For each kind of fault, what the partitions that it hit were without: from the fault to the first write that began after it and succeeded.</summary>
    public static IReadOnlyList<Outage> Outages(History history)
    {
        var outages = new List<Outage>();
        foreach (IGrouping<string, FaultOperation> kind in history.Faults.GroupBy(fault => fault.Fault))
        {
            List<double> seconds = [];
            int without = 0;
            foreach (FaultOperation fault in kind)
            {
                foreach (NamedPartition partition in fault.Affected)
                {
                    long first = history.AckedOf(partition).Where(send => send.Invoked >= fault.Struck).Select(send => send.Completed).DefaultIfEmpty(-1).Min();
                    if (first < 0)
                    {
                        without++;
                    }
                    else
                    {
                        seconds.Add((first - fault.Invoked) / 1e9);
                    }
                }
            }

            seconds.Sort();
            outages.Add(new Outage(kind.Key, kind.Count(), seconds, without));
        }

        return outages;
    }

    /// <summary>Times in which a partition took no write although some were tried.</summary>
    public static IReadOnlyList<Gap> Gaps(History history, NamedPartition partition)
    {
        long[] times = [.. history.AckedOf(partition).Select(send => send.Completed).Order()];
        return [.. times.Zip(times.Skip(1)).Where(pair => pair.Second - pair.First > GapNs).Select(pair => new Gap(pair.First, pair.Second))];
    }
}

/// <summary>Nanoseconds since the run began.</summary>
internal readonly record struct Gap(long From, long To);

/// <summary>What one kind of fault cost.</summary>
/// <param name="Faults">How many there were.</param>
/// <param name="Seconds">Without writes, for each fault and partition that it hit; sorted.</param>
/// <param name="Without">Partitions that never took a write again.</param>
internal sealed record Outage(string Fault, int Faults, IReadOnlyList<double> Seconds, int Without)
{
    /// <summary>The least that is not exceeded by that many percent; 0 without samples.</summary>
    public double At(int percent) => Seconds.Count == 0 ? 0 : Seconds[Math.Min(Seconds.Count - 1, Seconds.Count * percent / 100)];
}
