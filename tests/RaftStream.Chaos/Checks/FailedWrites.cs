using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-5, for single writes: what was refused for sure is never seen.</summary>
internal sealed class FailedWrites : ICheck
{
    public string Id => "X-5";

    public string Rule => "a refused value is never seen";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        var refused = history.Sends.Where(send => send.Outcome == Outcome.Fail).ToDictionary(send => send.Value);
        foreach (PollOperation poll in history.Polls)
        {
            foreach (Seen record in poll.Records)
            {
                if (record.Value is { } value && refused.Remove(value, out SendOperation? send))
                {
                    anomalies.Add(new Anomaly(poll.Partition, $"{value} was refused ({send.Error}), and lies at {record.Offset}", [send, poll]));
                }
            }
        }

        return new Finding(refused.Count + anomalies.Count, anomalies);
    }
}
