using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Reports;

/// <summary>X-20: when partitions took writes, and how long they did not after a fault.</summary>
internal static class Availability
{
    /// <summary>A silence this long is drawn: a partition is written to every few milliseconds.</summary>
    private const long GapNs = 250_000_000;

    /// <summary>For each kind of fault, how long the partitions that it hit took no write: the longest time between two acknowledgements, from the fault on.</summary>
    /// <remarks>Faults that came while a replica was missing are told apart: with too few left in sync, waiting is what min.insync.replicas asks for.</remarks>
    public static IReadOnlyList<Outage> Outages(History history) =>
    [
        .. Silences(history).GroupBy(one => (one.Fault.Fault, one.IsWhole)).Select(kind => new Outage(
            kind.Key.IsWhole ? kind.Key.Fault : $"{kind.Key.Fault}, a replica missing",
            kind.Select(one => one.Fault).Distinct().Count(),
            [.. kind.Where(one => one.Nanoseconds is not null).Select(one => one.Seconds).Order()],
            kind.Count(one => one.Nanoseconds is null))).OrderBy(outage => outage.Fault, StringComparer.Ordinal),
    ];

    /// <summary>Each fault with each partition that it hit, and how long that took no write.</summary>
    public static IEnumerable<Silence> Silences(History history)
    {
        ILookup<NamedPartition, LeaderOperation> views = history.Of<LeaderOperation>().ToLookup(view => view.Partition);
        Dictionary<NamedPartition, long[]> acks = history.Partitions.ToDictionary(partition => partition, partition => (long[])[.. history.AckedOf(partition).Select(send => send.Completed).Order()]);
        foreach (FaultOperation fault in history.Faults)
        {
            foreach (NamedPartition partition in fault.Affected.Where(acks.ContainsKey))
            {
                (long from, long? length) = LongestSilence(acks[partition], fault);
                yield return new Silence(fault, partition, IsWhole(views[partition], fault.Invoked), from, length);
            }
        }
    }

    private static bool IsWhole(IEnumerable<LeaderOperation> views, long at)
    {
        LeaderOperation? last = views.Where(view => view.Completed <= at).MaxBy(view => (view.LeaderEpoch, view.Completed));
        return last is null || last.Isr.Length == last.Replicas.Length;
    }

    /// <summary>The length is null when nothing was acknowledged any more.</summary>
    private static (long From, long? Length) LongestSilence(long[] acks, FaultOperation fault)
    {
        (long From, long? Length) longest = (fault.Invoked, null);
        long before = fault.Invoked;
        foreach (long ack in acks.Where(ack => ack > fault.Invoked))
        {
            if (before >= fault.Completed)
            {
                break;
            }

            if (longest.Length is null || ack - before > longest.Length)
            {
                longest = (before, ack - before);
            }

            before = ack;
        }

        return longest;
    }

    /// <summary>Times in which a partition took no write although some were tried.</summary>
    public static IReadOnlyList<Gap> Gaps(History history, NamedPartition partition)
    {
        IEnumerable<SendOperation> tried = history.SendsOf[partition];
        long[] acks = [.. history.AckedOf(partition).Select(send => send.Completed).Order()];

        // Where it takes nothing at first, or nothing any more, there is only what was tried.
        long[] times = [.. tried.Take(1).Select(send => send.Invoked), .. acks, .. tried.TakeLast(1).Select(send => send.Invoked).Where(last => acks.Length == 0 || last > acks[^1])];
        return [.. times.Zip(times.Skip(1)).Where(pair => pair.Second - pair.First > GapNs).Select(pair => new Gap(pair.First, pair.Second))];
    }
}

/// <summary>Nanoseconds since the run began.</summary>
internal readonly record struct Gap(long From, long To);

/// <summary>What one fault cost one partition that it hit.</summary>
/// <param name="IsWhole">All replicas were in sync when it came.</param>
/// <param name="From">When the longest time without an acknowledgement began.</param>
/// <param name="Nanoseconds">How long it was; null when it never ended.</param>
internal sealed record Silence(FaultOperation Fault, NamedPartition Partition, bool IsWhole, long From, long? Nanoseconds)
{
    public double Seconds => (Nanoseconds ?? 0) / 1e9;
}

/// <summary>What one kind of fault cost.</summary>
/// <param name="Faults">How many there were.</param>
/// <param name="Seconds">Without writes, for each fault and partition that it hit; sorted.</param>
/// <param name="Without">Partitions that never took a write again.</param>
internal sealed record Outage(string Fault, int Faults, IReadOnlyList<double> Seconds, int Without)
{
    /// <summary>The least that is not exceeded by that many percent; 0 without samples.</summary>
    public double At(int percent) => Seconds.Count == 0 ? 0 : Seconds[Math.Min(Seconds.Count - 1, Seconds.Count * percent / 100)];
}
