using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>A method with its handler: runs one call from its first request to its last response.</summary>
internal abstract class ServerMethod(IMethod method)
{
    public IMethod Method => method;

    /// <summary>Runs the handler. What it throws decides the status.</summary>
    public abstract Task InvokeAsync(ServerCall call);

    /// <summary>The one request of a call that has just one. Borrows the pipe's memory until the call ends.</summary>
    protected static async ValueTask<T> ReadOneAsync<T>(ServerCall call, Marshaller<T> marshaller)
    {
        if (!await call.Input.MoveNextAsync(CancellationToken.None).ConfigureAwait(false))
        {
            throw new RpcException(new Status(StatusCode.Internal, "The call has no request message."));
        }

        if (call.Input.HasMore)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The call has more than one request message."));
        }

        return MessageDeserializer.Read(marshaller, call.Input.Message);
    }

    /// <summary>Puts the one response of a call that has just one; a call that the handler gave another status has none.</summary>
    protected static void WriteOne<T>(ServerCall call, Marshaller<T> marshaller, T? response)
        where T : class
    {
        if (call.Status.StatusCode != StatusCode.OK)
        {
            return;
        }

        if (response is null)
        {
            throw new InvalidOperationException($"The handler of {call.Method} returned null.");
        }

        call.Output.WriteLast(marshaller, response, call.WriteFlags);
    }
}

/// <summary>One request, one response.</summary>
internal sealed class UnaryMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler) : ServerMethod(method)
    where TRequest : class
    where TResponse : class
{
    public override async Task InvokeAsync(ServerCall call)
    {
        TRequest request = await ReadOneAsync(call, method.RequestMarshaller).ConfigureAwait(false);
        TResponse response = await handler(request, call).ConfigureAwait(false);
        WriteOne(call, method.ResponseMarshaller, response);
    }
}

/// <summary>Many requests, one response.</summary>
internal sealed class ClientStreamingMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler) : ServerMethod(method)
    where TRequest : class
    where TResponse : class
{
    public override async Task InvokeAsync(ServerCall call)
    {
        var requests = new RequestStream<TRequest>(call, method.RequestMarshaller);
        TResponse response = await handler(requests, call).ConfigureAwait(false);
        WriteOne(call, method.ResponseMarshaller, response);
    }
}

/// <summary>One request, many responses.</summary>
internal sealed class ServerStreamingMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler) : ServerMethod(method)
    where TRequest : class
    where TResponse : class
{
    public override async Task InvokeAsync(ServerCall call)
    {
        TRequest request = await ReadOneAsync(call, method.RequestMarshaller).ConfigureAwait(false);
        await handler(request, new ResponseStream<TResponse>(call, method.ResponseMarshaller), call).ConfigureAwait(false);
    }
}

/// <summary>Many each way.</summary>
internal sealed class DuplexStreamingMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler) : ServerMethod(method)
    where TRequest : class
    where TResponse : class
{
    public override Task InvokeAsync(ServerCall call) => handler(
        new RequestStream<TRequest>(call, method.RequestMarshaller),
        new ResponseStream<TResponse>(call, method.ResponseMarshaller),
        call);
}
