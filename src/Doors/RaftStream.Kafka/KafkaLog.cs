using System.Net;
using Microsoft.Extensions.Logging;

namespace RaftStream.Kafka;

/// <summary>What the Kafka door logs; event ids 7000 to 7049.</summary>
internal static partial class KafkaLog
{
    [LoggerMessage(EventId = 7000, Level = LogLevel.Information, Message = "Kafka listener {Listener} on {EndPoint}.")]
    public static partial void Listens(ILogger logger, string listener, IPEndPoint endPoint);

    [LoggerMessage(EventId = 7001, Level = LogLevel.Information, Message = "Closed the connection of {Peer} to listener {Listener}: {Reason}")]
    public static partial void BadRequest(ILogger logger, string peer, string listener, string reason);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Debug, Message = "Connection of {Peer} ended: {Reason}")]
    public static partial void Ended(ILogger logger, string peer, string reason);

    [LoggerMessage(EventId = 7003, Level = LogLevel.Error, Message = "A request of {Peer} failed and its connection was closed; this is a bug")]
    public static partial void Failed(ILogger logger, string peer, Exception exception);

    [LoggerMessage(EventId = 7004, Level = LogLevel.Information, Message = "Closed the connection of {Peer} ({Reason}): nothing moved for {QuietMs} ms.")]
    public static partial void Cut(ILogger logger, string peer, string reason, long quietMs);

    [LoggerMessage(EventId = 7005, Level = LogLevel.Information, Message = "Refused a connection of {Peer}: {Reason}.")]
    public static partial void Refused(ILogger logger, EndPoint? peer, string reason);

    [LoggerMessage(EventId = 7006, Level = LogLevel.Information, Message = "Within a minute {Count} more connections of {Address} were closed that are not in the log: {Reason}.")]
    public static partial void LeftOut(ILogger logger, long count, IPAddress? address, string reason);

    [LoggerMessage(EventId = 7010, Level = LogLevel.Information, Message =
        "Closed {Count} connections (slow): others wait for memory of requests that hardly came. The slowest is {Peer}: {Rate} bytes/s, holding {Held} bytes.")]
    public static partial void CutSlow(ILogger logger, int count, string peer, long rate, long held);

    [LoggerMessage(EventId = 7011, Level = LogLevel.Debug, Message = "Closed the connection of {Peer} (slow): {Rate} bytes/s, holding {Held} bytes.")]
    public static partial void Slow(ILogger logger, string peer, long rate, long held);
}
