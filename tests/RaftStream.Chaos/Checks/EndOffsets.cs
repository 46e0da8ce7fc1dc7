using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-17: neither end of a partition ever falls; what was acknowledged lies below the latest that is asked for later.</summary>
internal sealed class EndOffsets : ICheck
{
    public string Id => "X-17";

    public string Rule => "the ends of a partition never fall";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (IGrouping<object, ListOffsetOperation> end in history.Of<ListOffsetOperation>()
            .Where(ask => ask.Outcome == Outcome.Ok).GroupBy(ask => (object)(ask.Partition, ask.End)))
        {
            ListOffsetOperation[] asks = [.. end];
            IEnumerable<(long Floor, Operation By)> floors = asks.Select(ask => (ask.Offset, (Operation)ask));
            if (asks[0].End == LogEnd.Latest)
            {
                floors = floors.Concat(history.AckedOf(asks[0].Partition).Select(send => (send.Offset + 1, (Operation)send)));
            }

            // What was known before the question was asked is the least that may be answered.
            var known = new Queue<(long Floor, Operation By)>(floors.OrderBy(floor => floor.By.Completed));
            (long Floor, Operation By)? highest = null;
            foreach (ListOffsetOperation ask in asks)
            {
                examined++;
                while (known.TryPeek(out (long Floor, Operation By) floor) && floor.By.Completed < ask.Invoked)
                {
                    known.Dequeue();
                    highest = highest is { } high && high.Floor >= floor.Floor ? high : floor;
                }

                if (highest is { } least && ask.Offset < least.Floor)
                {
                    anomalies.Add(new Anomaly(ask.Partition, $"the {ask.End} offset fell from {least.Floor} to {ask.Offset}", [least.By, ask]));
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
