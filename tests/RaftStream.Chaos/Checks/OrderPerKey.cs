using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-12: the acknowledged values of one producer lie in a partition in the order of their sending, and none between two others is missing.</summary>
/// <remarks>
/// A value that was sent again may lie there twice: then the copy counts that was acknowledged. Values without an answer are left
/// out: a request that nobody waits for any more may still arrive.
/// </remarks>
internal sealed class OrderPerKey : ICheck
{
    public string Id => "X-12";

    public string Rule => "a producer's values lie in the order of sending, without a gap";

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
                var found = new HashSet<Value>();
                foreach (Seen record in final.Records)
                {
                    if (record.Value is not { } value || !acked.TryGetValue(value, out SendOperation? send) || send.Offset != record.Offset)
                    {
                        continue;
                    }

                    examined++;
                    found.Add(value);
                    if (last.TryGetValue(value.Producer, out SendOperation? before) && before.Value.Sequence >= value.Sequence)
                    {
                        anomalies.Add(new Anomaly(partition, $"{value} lies at {record.Offset}, behind {before.Value}, which was sent later", [before, send]));
                    }

                    last[value.Producer] = send;
                }

                anomalies.AddRange(acked.Values
                    .Where(send => !found.Contains(send.Value) && last.TryGetValue(send.Value.Producer, out SendOperation? later) && send.Value.Sequence < later.Value.Sequence)
                    .Select(send => new Anomaly(partition, $"{send.Value} is missing where it was acknowledged, at {send.Offset}, before {last[send.Value.Producer].Value}", [send, last[send.Value.Producer]])));
            }
        }

        return new Finding(examined, anomalies);
    }
}
