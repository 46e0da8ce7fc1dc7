using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Core;
using RaftStream.Rpc.Server.Calls;

namespace RaftStream.Rpc.Server;

/// <summary>The methods that a server answers. Fill it before the server is made.</summary>
/// <remarks>
/// Whole services come from generated <c>BindService</c>; single methods with hand-written marshallers are mapped beside
/// them and win over the generated one of the same full name, whatever the order.
/// </remarks>
public sealed class RpcServices
{
    private readonly Dictionary<string, ServerMethod> _generated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServerMethod> _mapped = new(StringComparer.Ordinal);
    private readonly List<ServiceDescriptor> _descriptors = [];

    /// <summary>Contracts that reflection tells.</summary>
    internal IReadOnlyList<ServiceDescriptor> Descriptors => _descriptors;

    /// <summary>Adds a generated service, and its contract to what reflection tells when <paramref name="descriptor"/> is given.</summary>
    /// <exception cref="ArgumentException">A method of this name was added before.</exception>
    public RpcServices Add(ServerServiceDefinition definition, ServiceDescriptor? descriptor = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        definition.BindService(new Binder(_generated));
        if (descriptor is not null)
        {
            _descriptors.Add(descriptor);
        }

        return this;
    }

    /// <summary>Maps one method with one request and one response.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices MapUnary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Map(binder => binder.AddMethod(method, handler));

    /// <summary>Maps one method with a stream of requests.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices MapClientStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Map(binder => binder.AddMethod(method, handler));

    /// <summary>Maps one method with a stream of responses.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices MapServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Map(binder => binder.AddMethod(method, handler));

    /// <summary>Maps one method with a stream each way.</summary>
    /// <exception cref="ArgumentException">The method was mapped before.</exception>
    public RpcServices MapDuplex<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => Map(binder => binder.AddMethod(method, handler));

    /// <summary>All methods by path, with <paramref name="own"/> below those of the application.</summary>
    internal FrozenDictionary<string, ServerMethod> Build(RpcServices own)
    {
        var methods = new Dictionary<string, ServerMethod>(own._generated, StringComparer.Ordinal);
        foreach ((string path, ServerMethod method) in _generated.Concat(_mapped))
        {
            methods[path] = method;
        }

        return methods.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private RpcServices Map(Action<Binder> add)
    {
        add(new Binder(_mapped));
        return this;
    }

    private sealed class Binder(Dictionary<string, ServerMethod> methods) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Add(new UnaryMethod<TRequest, TResponse>(method, Required(handler)), MethodType.Unary);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            Add(new ClientStreamingMethod<TRequest, TResponse>(method, Required(handler)), MethodType.ClientStreaming);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            Add(new ServerStreamingMethod<TRequest, TResponse>(method, Required(handler)), MethodType.ServerStreaming);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            Add(new DuplexStreamingMethod<TRequest, TResponse>(method, Required(handler)), MethodType.DuplexStreaming);

        private static T Required<T>(T? handler)
            where T : class => handler ?? throw new ArgumentException("A server needs a handler for each method.", nameof(handler));

        private void Add(ServerMethod method, MethodType kind)
        {
            if (method.Method.Type != kind)
            {
                throw new ArgumentException($"{method.Method.FullName} is {method.Method.Type}, its handler {kind}.", nameof(method));
            }

            if (!methods.TryAdd(method.Method.FullName, method))
            {
                throw new ArgumentException($"{method.Method.FullName} has a handler already.", nameof(method));
            }
        }
    }
}
