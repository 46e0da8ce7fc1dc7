using System.Globalization;
using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-17: neither end of a partition ever falls; what was acknowledged lies below the latest that is asked for later.</summary>
/// <remarks>
/// A leader that was deposed and does not know it yet may answer as of its own time: what counts against an answer was known
/// in the epoch of the leader that gives it, or in an earlier one.
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
                floors = floors.Concat(AckedFloors(history, asks[0].Partition));
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

    /// <summary>Acknowledged writes whose leader's epoch some consumer was told.</summary>
    private static IEnumerable<Floor> AckedFloors(History history, NamedPartition partition)
    {
        var epochs = new Dictionary<long, int>();
        foreach (PollOperation poll in history.PollsOf[partition].Where(poll => poll.LeaderEpoch >= 0))
        {
            foreach (Seen record in poll.Records)
            {
                epochs[record.Offset] = poll.LeaderEpoch;
            }
        }

        return history.AckedOf(partition).Where(send => epochs.ContainsKey(send.Offset)).Select(send => new Floor(send.Offset + 1, epochs[send.Offset], send));
    }

    private sealed record Floor(long Least, int LeaderEpoch, Operation By);
}
