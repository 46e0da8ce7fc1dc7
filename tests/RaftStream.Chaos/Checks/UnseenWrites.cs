using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-2: nothing acknowledged lies beyond what the final read reached.</summary>
internal sealed class UnseenWrites : ICheck
{
    public string Id => "X-2";

    public string Rule => "every acknowledged value can be read in the end";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            IReadOnlyList<FinalRead> finals = history.FinalReadsOf(partition);
            if (finals.Count == 0)
            {
                anomalies.Add(new Anomaly(partition, "was not read in the end", []));
            }

            foreach (SendOperation send in history.AckedOf(partition))
            {
                examined++;
                foreach (FinalRead final in finals)
                {
                    if (send.Offset > final.LastOffset && !final.Values.Contains(send.Value))
                    {
                        anomalies.Add(new Anomaly(
                            partition, $"{send.Value} was acknowledged at {send.Offset}, and the final read of {final.Process} ends at {final.LastOffset}", [send]));
                    }
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
