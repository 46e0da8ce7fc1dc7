using System.Net.Sockets;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>What a failure of the HTTP client means to a caller.</summary>
internal static class ClientFailure
{
    /// <summary>The status for an exception that a request, its body or its answer ended with.</summary>
    public static Status ToStatus(Exception exception, Uri address)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RpcException rpc:
                    return rpc.Status;
                case HttpProtocolException protocol:
                    return new Status(
                        StatusMapping.FromHttp2Error(protocol.ErrorCode), $"The server reset the call: {protocol.Message}", exception);
                case SocketException socket:
                    return new Status(StatusCode.Unavailable, $"Cannot reach {address.Authority}: {socket.Message}.", exception);
            }
        }

        return exception switch
        {
            HttpRequestException or IOException => new Status(
                StatusCode.Unavailable, $"The connection to {address.Authority} failed: {exception.Message}", exception),
            OperationCanceledException => new Status(StatusCode.Unavailable, $"Cannot connect to {address.Authority} in time.", exception),
            ObjectDisposedException => new Status(StatusCode.Unavailable, "The channel is closed.", exception),
            _ => new Status(StatusCode.Internal, $"The call failed: {exception.Message}", exception),
        };
    }
}
