namespace RaftStream.Kafka.Connections;

/// <summary>How fast a client sends the request that it is in the middle of. For whoever looks at it now and then, one at a time.</summary>
internal sealed class ReceiveRate
{
    private long _lookedAt = long.MinValue;
    private long _receivedThen;

    /// <summary>Looks.</summary>
    /// <param name="now">Milliseconds of any clock that goes on evenly.</param>
    /// <param name="window">A rate is told over at least that long, milliseconds.</param>
    /// <param name="owingSince">Since when it has been for the client to send, and for nobody else to do something; null when it is not.</param>
    /// <param name="received">All bytes that ever came from it.</param>
    /// <returns>Bytes per second since the last look; null when the client was not to send for all of the time, or it is too short.</returns>
    public long? Look(long now, long window, long? owingSince, long received)
    {
        bool owedAllTheTime = owingSince <= _lookedAt;
        long passed = owedAllTheTime ? now - _lookedAt : 0;
        if (owedAllTheTime && passed < Math.Max(window, 1))
        {
            return null;
        }

        long? rate = owedAllTheTime ? (received - _receivedThen) * 1000 / passed : null;
        (_lookedAt, _receivedThen) = (now, received);
        return rate;
    }
}
