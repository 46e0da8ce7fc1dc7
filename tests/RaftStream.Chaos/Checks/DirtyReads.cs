using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-14: every value that any consumer ever got is there in the end, at the offset where it was seen.</summary>
internal sealed class DirtyReads : ICheck
{
    public string Id => "X-14";

    public string Rule => "what was read once stays";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            foreach (FinalRead final in history.FinalReadsOf(partition))
            {
                HashSet<Seen> kept = [.. final.Records];
                foreach (PollOperation poll in history.PollsOf[partition].Where(poll => !poll.IsFinal))
                {
                    foreach (Seen record in poll.Records)
                    {
                        examined++;
                        if (kept.Add(record))
                        {
                            anomalies.Add(new Anomaly(partition, $"{record.Value} was read at {record.Offset}; {final.Process} does not find it there", [poll]));
                        }
                    }
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
