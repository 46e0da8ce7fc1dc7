using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-12: the acknowledged values of one producer lie in a partition in the order of their sending.</summary>
/// <remarks>
/// A value that was sent again may lie there twice: then the copy counts that was acknowledged. Values without an answer are left
/// out: a request that nobody waits for any more may still arrive.
/// </remarks>
internal sealed class OrderPerKey : ICheck
{
    public string Id => "X-12";

    public string Rule => "a producer's values lie in the order of sending";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            var acked = new Dictionary<Value, SendOperation>();
            foreach (SendOperation send in history.AckedOf(partition))
            {
                acked[send.Value] = send;
            }

            foreach (FinalRead final in history.FinalReadsOf(partition))
            {
                var last = new Dictionary<int, SendOperation>();
                foreach (Seen record in final.Records)
                {
                    if (record.Value is not { } value || !acked.TryGetValue(value, out SendOperation? send) || send.Offset != record.Offset)
                    {
                        continue;
                    }

                    examined++;
                    if (last.TryGetValue(value.Producer, out SendOperation? before) && before.Value.Sequence >= value.Sequence)
                    {
                        anomalies.Add(new Anomaly(partition, $"{value} lies at {record.Offset}, behind {before.Value}, which was sent later", [before, send]));
                    }

                    last[value.Producer] = send;
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
