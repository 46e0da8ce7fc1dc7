using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-3: one offset has one value, whoever says so and whenever.</summary>
internal sealed class InconsistentOffsets : ICheck
{
    public string Id => "X-3";

    public string Rule => "an offset has one value for ever";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            var known = new Dictionary<long, (Value? Value, Operation By)>();
            foreach ((long offset, Value? value, Operation by) in Observed(history, partition))
            {
                examined++;
                if (value is null)
                {
                    anomalies.Add(new Anomaly(partition, $"offset {offset} holds something that nobody sent", [by]));
                }
                else if (!known.TryAdd(offset, (value, by)) && known[offset].Value != value)
                {
                    anomalies.Add(new Anomaly(partition, $"offset {offset} was {known[offset].Value} and is {value}", [known[offset].By, by]));
                }
            }
        }

        return new Finding(examined, anomalies);
    }

    private static IEnumerable<(long Offset, Value? Value, Operation By)> Observed(History history, NamedPartition partition) =>
        history.AckedOf(partition).Select(send => (send.Offset, (Value?)send.Value, (Operation)send))
            .Concat(history.PollsOf[partition].SelectMany(poll => poll.Records.Select(record => (record.Offset, record.Value, (Operation)poll))));
}
