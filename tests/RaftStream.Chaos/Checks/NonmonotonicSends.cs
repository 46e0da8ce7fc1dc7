using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Checks;

/// <summary>X-11: what one producer sends to a partition one after the other is acknowledged at growing offsets.</summary>
/// <remarks>For records sent ahead in one pipeline the order is that of X-12, which a producer that keeps order promises.</remarks>
internal sealed class NonmonotonicSends : ICheck
{
    public string Id => "X-11";

    public string Rule => "a producer's acknowledged offsets grow";

    public Finding Run(History history)
    {
        var anomalies = new List<Anomaly>();
        long examined = 0;
        foreach (IGrouping<object, SendOperation> producer in history.Sends
            .Where(send => send.Outcome == Outcome.Ok).GroupBy(send => (object)(send.Value.Producer, send.Partition)))
        {
            // Of those answered before this one was sent, the one with the highest offset decides.
            var answered = new PriorityQueue<SendOperation, long>();
            SendOperation? highest = null;
            foreach (SendOperation send in producer)
            {
                examined++;
                while (answered.TryPeek(out SendOperation? earlier, out long completed) && completed < send.Invoked)
                {
                    answered.Dequeue();
                    highest = highest is null || earlier.Offset > highest.Offset ? earlier : highest;
                }

                if (highest is not null && highest.Offset >= send.Offset)
                {
                    anomalies.Add(new Anomaly(send.Partition, $"{highest.Value} was acknowledged at {highest.Offset}, then {send.Value} at {send.Offset}", [highest, send]));
                }

                answered.Enqueue(send, send.Completed);
            }
        }

        return new Finding(examined, anomalies);
    }
}
