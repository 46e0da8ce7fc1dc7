using System.Collections.Immutable;

namespace Grpc.Core;

/// <summary>The methods of a service with their handlers, to be added to a server.</summary>
public sealed class ServerServiceDefinition
{
    private readonly ImmutableArray<Action<ServiceBinderBase>> _methods;

    private ServerServiceDefinition(ImmutableArray<Action<ServiceBinderBase>> methods) => _methods = methods;

    /// <summary>An empty definition to add methods to; generated code calls it.</summary>
    public static Builder CreateBuilder() => new();

    /// <summary>Hands every method to <paramref name="binder"/>, in the order of definition.</summary>
    public void BindService(ServiceBinderBase binder)
    {
        foreach (Action<ServiceBinderBase> method in _methods)
        {
            method(binder);
        }
    }

    /// <summary>Collects methods.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<string, Action<ServiceBinderBase>> _methods = [];
        private readonly List<string> _order = [];

        internal Builder()
        {
        }

        /// <summary>Adds a method with one request and one response.</summary>
        /// <exception cref="ArgumentException">The name is there already.</exception>
        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method with a stream of requests.</summary>
        /// <exception cref="ArgumentException">The name is there already.</exception>
        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method with a stream of responses.</summary>
        /// <exception cref="ArgumentException">The name is there already.</exception>
        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>Adds a method with a stream each way.</summary>
        /// <exception cref="ArgumentException">The name is there already.</exception>
        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        /// <summary>The definition with what was added so far.</summary>
        public ServerServiceDefinition Build() => new([.. _order.Select(name => _methods[name])]);

        private Builder Add(IMethod method, Action<ServiceBinderBase> bind)
        {
            _methods.Add(method.FullName, bind);
            _order.Add(method.FullName);
            return this;
        }
    }
}
