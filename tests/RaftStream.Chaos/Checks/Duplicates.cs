using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>X-4: one value lies at one offset; with retries of producers that are not idempotent, copies are counted and allowed.</summary>
internal sealed class Duplicates : ICheck
{
    public string Id => "X-4";

    public string Rule => "a value is stored once (where producers are idempotent)";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (NamedPartition partition in history.Partitions)
        {
            var told = new HashSet<Seen>();
            foreach (IGrouping<string, PollOperation> reader in history.PollsOf[partition].Where(poll => poll.IsFinal).GroupBy(poll => poll.Process))
            {
                var first = new Dictionary<Value, (long Offset, Operation By)>();
                foreach ((Seen record, PollOperation poll) in reader.SelectMany(poll => poll.Records.Select(record => (record, poll))))
                {
                    examined++;
                    if (record.Value is { } value && !first.TryAdd(value, (record.Offset, poll)) && first[value].Offset != record.Offset && told.Add(record))
                    {
                        anomalies.Add(new Anomaly(partition, $"{value} lies at {first[value].Offset} and at {record.Offset}", [first[value].By, poll]));
                    }
                }
            }
        }

        return history.IsIdempotent
            ? new Finding(examined, anomalies, "producers are idempotent: no duplicate is allowed")
            : new Finding(examined, [], $"{anomalies.Count} duplicates, by retries of producers that are not idempotent");
    }
}
