using Microsoft.Extensions.Logging;

namespace RaftStream.Kafka.Connections;

/// <summary>Cuts those who hold memory of requests that they hardly send, when others want it.</summary>
internal sealed class SlowSenders(ConnectionTable connections, KafkaLimits limits, ILogger logger)
{
    /// <summary>Looks at all, and cuts as many as it needs, first who sends least. One line of the log tells of all that are cut at once.</summary>
    /// <param name="missing">Bytes that are wanted; 0 cuts nobody.</param>
    /// <returns>Bytes that are still wanted.</returns>
    public long CutWhenWanted(long missing)
    {
        List<(KafkaConnection Connection, long Held, long Rate)> slow = [];
        foreach (KafkaConnection connection in connections.Open)
        {
            // Who needs no memory cuts nobody, but the rate of each is measured from look to look.
            long held = connection.UnfinishedBytes;
            if (connection.LookAtRate() is { } rate && held > 0 && rate < limits.MinReceiveBytesPerSecond)
            {
                slow.Add((connection, held, rate));
            }
        }

        if (missing <= 0 || slow.Count == 0)
        {
            return missing;
        }

        slow.Sort(static (one, other) => one.Rate.CompareTo(other.Rate));
        int count = 0;
        for (; count < slow.Count && missing > 0; count++)
        {
            missing -= slow[count].Held;
        }

        (KafkaConnection slowest, long freed, long itsRate) = slow[0];
        KafkaLog.CutSlow(logger, count, slowest.Peer, itsRate, freed);
        foreach ((KafkaConnection connection, long held, long rate) in slow.Take(count))
        {
            connection.AbortSlow(held, rate);
        }

        return missing;
    }
}
