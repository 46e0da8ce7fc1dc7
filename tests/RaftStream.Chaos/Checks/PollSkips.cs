using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-9: a consumer that reads on does not jump over a value that is known to exist, within a poll or between two.</summary>
internal sealed class PollSkips : ICheck
{
    public string Id => "X-9";

    public string Rule => "a consumer skips no value";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            long[] known = [.. Offsets(history, partition).Distinct().Order()];
            foreach (IGrouping<string, PollOperation> consumer in history.PollsOf[partition].GroupBy(poll => poll.Process))
            {
                (long Offset, PollOperation By)? before = null;
                foreach (PollOperation poll in consumer)
                {
                    foreach (Seen record in poll.Records)
                    {
                        examined++;
                        if (before is { } last && FirstBetween(known, last.Offset, record.Offset) is { } skipped)
                        {
                            anomalies.Add(new Anomaly(
                                partition, $"{poll.Process} went from {last.Offset} to {record.Offset} over {skipped}, which exists", [last.By, poll]));
                        }

                        before = (record.Offset, poll);
                    }
                }
            }
        }

        return new Finding(examined, anomalies);
    }

    private static IEnumerable<long> Offsets(History history, NamedPartition partition) =>
        history.AckedOf(partition).Select(send => send.Offset)
            .Concat(history.PollsOf[partition].SelectMany(poll => poll.Records.Select(record => record.Offset)));

    private static long? FirstBetween(long[] sorted, long above, long below)
    {
        if (below <= above + 1)
        {
            return null;
        }

        int at = Array.BinarySearch(sorted, above + 1);
        at = at < 0 ? ~at : at;
        return at < sorted.Length && sorted[at] < below ? sorted[at] : null;
    }
}
