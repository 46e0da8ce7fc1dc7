using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-1: what was acknowledged, or seen, and lies below the end of the final read is in it.</summary>
internal sealed class LostWrites : ICheck
{
    public string Id => "X-1";

    public string Rule => "no acknowledged or seen value is lost";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            IReadOnlyList<FinalRead> finals = history.FinalReadsOf(partition);
            foreach ((Value value, long offset, Operation operation) in Known(history, partition))
            {
                examined++;
                foreach (FinalRead final in finals)
                {
                    if (offset <= final.LastOffset && !final.Values.Contains(value))
                    {
                        anomalies.Add(new Anomaly(
                            partition, $"{value}, at offset {offset} by this operation, is not in the final read of {final.Process}", [operation]));
                    }
                }
            }
        }

        return new Finding(examined, anomalies);
    }

    private static IEnumerable<(Value Value, long Offset, Operation Operation)> Known(History history, NamedPartition partition)
    {
        foreach (SendOperation send in history.AckedOf(partition))
        {
            yield return (send.Value, send.Offset, send);
        }

        var told = new HashSet<Value>(history.AckedOf(partition).Select(send => send.Value));
        foreach (PollOperation poll in history.PollsOf[partition].Where(poll => !poll.IsFinal))
        {
            foreach (Seen record in poll.Records)
            {
                if (record.Value is { } value && told.Add(value))
                {
                    yield return (value, record.Offset, poll);
                }
            }
        }
    }
}
