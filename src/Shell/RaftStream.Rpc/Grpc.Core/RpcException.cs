namespace Grpc.Core;

/// <summary>A failed call: thrown by clients, and by handlers to choose the status that the caller sees.</summary>
public class RpcException : Exception
{
    /// <summary>A failure with no trailers of its own.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>A failure whose local message differs from the status that travels.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A failure with trailers, e.g. <c>raftstream-error-bin</c>; the server sends them on.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with trailers and a local message.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>What travels in <c>grpc-status</c> and <c>grpc-message</c>.</summary>
    public Status Status { get; }

    /// <summary>Short for the code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Client: as received. Server: added to the call's own trailers. Never null.</summary>
    public Metadata Trailers { get; }
}
