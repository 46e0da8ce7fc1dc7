using System.Net;
using Microsoft.Extensions.Logging;

namespace RaftStream.Server;

/// <summary>What the process says about itself (event ids 6000 to 6099).</summary>
internal static partial class ServerLog
{
    [LoggerMessage(EventId = 6000, Level = LogLevel.Information,
        Message = "RaftStream {Version}, node {NodeId}, starts on {DataDirectory}, process {ProcessId}.")]
    public static partial void Starting(ILogger logger, string version, int nodeId, string dataDirectory, int processId);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information,
        Message = "ready after {Milliseconds:F0} ms: gRPC on {Grpc}, HTTP on {Http}, advertised as {Advertised}.")]
    public static partial void Ready(ILogger logger, double milliseconds, IPEndPoint grpc, string http, string advertised);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "stops, asked by {Reason}.")]
    public static partial void Stopping(ILogger logger, string reason);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Information, Message = "stopped cleanly after {Milliseconds:F0} ms.")]
    public static partial void Stopped(ILogger logger, double milliseconds);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Information,
        Message = "Metrics are pushed to {Endpoint} every {Seconds} s; collectors that do not answer are not waited for.")]
    public static partial void PushesMetrics(ILogger logger, Uri endpoint, double seconds);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning,
        Message = "ends without having closed cleanly ({Reason}); the next start recovers, nothing acknowledged is lost.")]
    public static partial void CutShort(ILogger logger, string reason);
}
