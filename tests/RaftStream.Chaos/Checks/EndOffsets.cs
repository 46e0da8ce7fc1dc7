using System.Globalization;
using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-17: neither end of a partition ever falls; what was acknowledged or read lies below the latest that is asked for later.</summary>
/// <remarks>
/// A leader that was deposed and does not know it yet may answer as of its own time: what counts against an answer was told by
/// the leader that gives it, or in an earlier epoch. It does not matter who appended a record: its leader may have fallen before it
/// heard that all have it, and then a later one acknowledges it.
/// </remarks>
internal sealed class EndOffsets : ICheck
{
    public string Id => "X-17";

    public string Rule => "the ends of a partition never fall";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        long stale = 0;
        foreach (IGrouping<object, ListOffsetOperation> end in history.Of<ListOffsetOperation>()
            .Where(ask => ask.Outcome == Outcome.Ok).GroupBy(ask => (object)(ask.Partition, ask.End)))
        {
            ListOffsetOperation[] asks = [.. end];
            IEnumerable<Floor> floors = asks.Select(ask => new Floor(ask.Offset, ask.LeaderEpoch, ask));
            if (asks[0].End == LogEnd.Latest)
            {
                floors = [.. floors, .. ReadFloors(history, asks[0].Partition), .. AckedFloors(history, asks[0].Partition)];
            }

            // What was known before the question was asked is the least that may be answered.
            var known = new Queue<Floor>(floors.OrderBy(floor => floor.By.Completed));
            var highest = new Dictionary<int, Floor>();
            foreach (ListOffsetOperation ask in asks)
            {
                examined++;
                while (known.TryPeek(out Floor? floor) && floor.By.Completed < ask.Invoked)
                {
                    known.Dequeue();
                    highest[floor.LeaderEpoch] = highest.TryGetValue(floor.LeaderEpoch, out Floor? high) && high.Least >= floor.Least ? high : floor;
                }

                if (highest.Values.Where(floor => floor.LeaderEpoch <= ask.LeaderEpoch).MaxBy(floor => floor.Least) is { } least && ask.Offset < least.Least)
                {
                    anomalies.Add(new Anomaly(ask.Partition, $"the {ask.End} offset fell from {least.Least} to {ask.Offset}", [least.By, ask]));
                }
                else if (highest.Values.Any(floor => ask.Offset < floor.Least))
                {
                    stale++;
                }
            }
        }

        return new Finding(examined, anomalies, stale == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{stale} answers by deposed leaders, as of their own time"));
    }

    /// <summary>What was read, where the reader was told the epoch of the leader that answered.</summary>
    private static IEnumerable<Floor> ReadFloors(History history, NamedPartition partition) => history.PollsOf[partition]
        .Where(poll => poll.LeaderEpoch >= 0 && poll.Records.Length > 0).Select(poll => new Floor(poll.Records[^1].Offset + 1, poll.LeaderEpoch, poll));

    /// <summary>Acknowledged writes, each with the latest epoch that can have acknowledged it; those of which that is not known are left out.</summary>
    /// <remarks>
    /// No answer names that epoch. But a write that was sent after the acknowledgement, and then was appended in an epoch and kept, proves
    /// that no later leader had begun by then: that one would not have had it, and so it would have been cut off.
    /// </remarks>
    private static IEnumerable<Floor> AckedFloors(History history, NamedPartition partition)
    {
        Dictionary<long, int> epochs = AppendEpochs(history, partition);
        var kept = new Queue<SendOperation>(history.AckedOf(partition).Where(send => epochs.ContainsKey(send.Offset)).OrderByDescending(send => send.Invoked));
        int? latest = null;
        foreach (SendOperation acked in history.AckedOf(partition).OrderByDescending(send => send.Completed))
        {
            while (kept.TryPeek(out SendOperation? later) && later.Invoked > acked.Completed)
            {
                kept.Dequeue();
                latest = Math.Min(latest ?? int.MaxValue, epochs[later.Offset]);
            }

            if (latest is { } epoch)
            {
                yield return new Floor(acked.Offset + 1, epoch, acked);
            }
        }
    }

    private static Dictionary<long, int> AppendEpochs(History history, NamedPartition partition)
    {
        var epochs = new Dictionary<long, int>();
        foreach (PollOperation poll in history.PollsOf[partition].Where(poll => poll.AppendEpoch >= 0))
        {
            foreach (Seen record in poll.Records)
            {
                epochs[record.Offset] = poll.AppendEpoch;
            }
        }

        return epochs;
    }

    /// <param name="Least">The least that the end may be from then on,</param>
    /// <param name="LeaderEpoch">as a leader of this epoch, or of an earlier one, told.</param>
    private sealed record Floor(long Least, int LeaderEpoch, Operation By);
}
