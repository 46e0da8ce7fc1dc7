using Google.Protobuf.Reflection;
using Grpc.Core;

namespace RaftStream.Rpc.Server;

/// <summary>The methods that a server answers. Fill it before the server starts.</summary>
/// <remarks>
/// Whole services come from generated <c>BindService</c>; single methods with hand-written marshallers are mapped beside
/// them and win over the generated one of the same full name, whatever the order.
/// </remarks>
public sealed class RpcServices
{
    /// <summary>Adds a generated service, and its contract to what reflection tells when <paramref name="descriptor"/> is given.</summary>
    /// <exception cref="ArgumentException">A method of this name was added before.</exception>
    public RpcServices Add(ServerServiceDefinition definition, ServiceDescriptor? descriptor = null) =>
        throw new NotSupportedException();

    /// <summary>Maps one method with one request and one response.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices Map<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException();

    /// <summary>Maps one method with a stream of requests.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices Map<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException();

    /// <summary>Maps one method with a stream of responses.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices Map<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException();

    /// <summary>Maps one method with a stream each way.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices Map<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException();
}
