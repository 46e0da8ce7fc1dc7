using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-10: the offsets of a consumer that reads on only grow, within a poll and between two.</summary>
internal sealed class NonmonotonicPolls : ICheck
{
    public string Id => "X-10";

    public string Rule => "a consumer never goes back";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (IGrouping<object, PollOperation> consumer in history.Polls.GroupBy(poll => (object)(poll.Process, poll.Partition)))
        {
            (long Offset, PollOperation By)? before = null;
            foreach (PollOperation poll in consumer)
            {
                foreach (Seen record in poll.Records)
                {
                    examined++;
                    if (before is { } last && record.Offset <= last.Offset)
                    {
                        anomalies.Add(new Anomaly(poll.Partition, $"{poll.Process} went from {last.Offset} to {record.Offset}", [last.By, poll]));
                    }

                    before = (record.Offset, poll);
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
