using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-6, for single writes: a value is seen after its sending began, in the partition that it was sent to, and not out of nothing.</summary>
internal sealed class EarlyReads : ICheck
{
    public string Id => "X-6";

    public string Rule => "a value is seen only after it was sent, where it was sent to";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        var sends = history.Sends.ToDictionary(send => send.Value);
        foreach (PollOperation poll in history.Polls)
        {
            foreach (Seen record in poll.Records)
            {
                if (record.Value is not { } value)
                {
                    continue; // X-3 reports it.
                }

                examined++;
                if (!sends.TryGetValue(value, out SendOperation? send))
                {
                    anomalies.Add(new Anomaly(poll.Partition, $"{value} at {record.Offset} was never sent", [poll]));
                }
                else if (send.Invoked > poll.Completed)
                {
                    anomalies.Add(new Anomaly(poll.Partition, $"{value} at {record.Offset} was seen before it was sent", [send, poll]));
                }
                else if (send.Partition != poll.Partition)
                {
                    anomalies.Add(new Anomaly(poll.Partition, $"{value} at {record.Offset} was sent to {send.Partition}", [send, poll]));
                }
            }
        }

        return new Finding(examined, anomalies);
    }
}
