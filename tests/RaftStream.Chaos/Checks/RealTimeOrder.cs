using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-13: a value acknowledged before another was sent to the partition, by whomever, has the lower offset.</summary>
internal sealed class RealTimeOrder : ICheck
{
    public string Id => "X-13";

    public string Rule => "acknowledged before another was sent: lower offset";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            // From the highest offset down: the earliest acknowledgement above must not precede the sending below.
            SendOperation? earliest = null;
            foreach ((long offset, SendOperation send) in Placed(history, partition).OrderByDescending(placed => placed.Offset))
            {
                examined++;
                if (earliest is not null && earliest.Completed < send.Invoked)
                {
                    anomalies.Add(new Anomaly(
                        partition, $"{earliest.Value} was acknowledged at {earliest.Offset} before {send.Value} was sent, which lies at {offset}", [earliest, send]));
                }

                if (send.Outcome == Outcome.Ok && send.Offset == offset && (earliest is null || send.Completed < earliest.Completed))
                {
                    earliest = send;
                }
            }
        }

        return new Finding(examined, anomalies);
    }

    /// <summary>Every send with each offset at which its value is known to lie.</summary>
    private static IEnumerable<(long Offset, SendOperation Send)> Placed(History history, NamedPartition partition)
    {
        var placed = new HashSet<(long, Value)>();
        var sends = new Dictionary<Value, SendOperation>();
        foreach (SendOperation send in history.SendsOf[partition])
        {
            sends[send.Value] = send;
            if (send.Outcome == Outcome.Ok && placed.Add((send.Offset, send.Value)))
            {
                yield return (send.Offset, send);
            }
        }

        foreach (Seen record in history.FinalReadsOf(partition).Take(1).SelectMany(final => final.Records))
        {
            if (record.Value is { } value && sends.TryGetValue(value, out SendOperation? send) && placed.Add((record.Offset, value)))
            {
                yield return (record.Offset, send);
            }
        }
    }
}
