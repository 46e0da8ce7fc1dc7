using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace RaftStream.Rpc.Server;

/// <summary>What the server logs; event ids 2000 to 2049.</summary>
internal static partial class RpcServerLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Error, Message = "Handler of {Method} failed; the client sees {StatusCode}")]
    public static partial void HandlerFailed(ILogger logger, string method, StatusCode statusCode, Exception exception);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Debug, Message = "Call of {Method} ended with {StatusCode}: {Detail}")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Debug, Message = "Call of {Method} was given up: {Reason}")]
    public static partial void CallGivenUp(ILogger logger, string method, string reason);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Debug, Message = "Connection from {Peer} speaks HTTP/1 on the gRPC port; told so and closed")]
    public static partial void Http1OnGrpcPort(ILogger logger, EndPoint? peer);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Debug, Message = "Connection from {Peer} does not speak HTTP/2; closed")]
    public static partial void GarbageOnGrpcPort(ILogger logger, EndPoint? peer);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "Handler of the HTTP port failed for {Path}")]
    public static partial void HttpHandlerFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Error, Message = "Marshaller of {Method} failed half-way through a response; the stream is reset")]
    public static partial void ResponseBroken(ILogger logger, string method, Exception exception);
}
