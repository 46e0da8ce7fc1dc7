namespace Grpc.Core;

/// <summary>Who sends how many messages.</summary>
public enum MethodType
{
    /// <summary>One request, one response.</summary>
    Unary,

    /// <summary>Many requests, one response.</summary>
    ClientStreaming,

    /// <summary>One request, many responses.</summary>
    ServerStreaming,

    /// <summary>Many each way, independently.</summary>
    DuplexStreaming,
}

/// <summary>What is known about a method without its message types.</summary>
public interface IMethod
{
    /// <summary>Who sends how many messages.</summary>
    MethodType Type { get; }

    /// <summary>Service with its package, e.g. <c>raftstream.client.v1.Log</c>.</summary>
    string ServiceName { get; }

    /// <summary>Method without its service, e.g. <c>Produce</c>.</summary>
    string Name { get; }

    /// <summary>The path on the wire: <c>/service/method</c>.</summary>
    string FullName { get; }
}

/// <summary>A method with its types: the contract between a client and a server.</summary>
public sealed class Method<TRequest, TResponse> : IMethod
{
    /// <summary>Names the method and how its messages travel.</summary>
    public Method(
        MethodType type,
        string serviceName,
        string name,
        Marshaller<TRequest> requestMarshaller,
        Marshaller<TResponse> responseMarshaller)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(requestMarshaller);
        ArgumentNullException.ThrowIfNull(responseMarshaller);
        Type = type;
        ServiceName = serviceName;
        Name = name;
        RequestMarshaller = requestMarshaller;
        ResponseMarshaller = responseMarshaller;
        FullName = $"/{serviceName}/{name}";
    }

    /// <inheritdoc/>
    public MethodType Type { get; }

    /// <inheritdoc/>
    public string ServiceName { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string FullName { get; }

    /// <summary>Requests to bytes and back.</summary>
    public Marshaller<TRequest> RequestMarshaller { get; }

    /// <summary>Responses to bytes and back.</summary>
    public Marshaller<TResponse> ResponseMarshaller { get; }

    /// <summary>The path on the wire.</summary>
    public override string ToString() => FullName;
}
