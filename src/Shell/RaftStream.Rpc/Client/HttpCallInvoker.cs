using Grpc.Core;

namespace RaftStream.Rpc.Client;

/// <summary>Starts calls over the framework's HTTP/2 client.</summary>
internal sealed class HttpCallInvoker(HttpTransport transport) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
#pragma warning disable VSTHRD002 // to block is what the caller asked for; nothing in the call needs this thread
        return AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall(transport, method, host, options);
        call.Start(new OneMessageContent<TRequest>(call, method.RequestMarshaller, request));
        return new AsyncUnaryCall<TResponse>(call.ReadOneAsync(method.ResponseMarshaller), call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall(transport, method, host, options);
        call.Start(new OneMessageContent<TRequest>(call, method.RequestMarshaller, request));
        return new AsyncServerStreamingCall<TResponse>(new ResponseStreamReader<TResponse>(call, method.ResponseMarshaller), call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall(transport, method, host, options);
        var requests = new RequestStreamWriter<TRequest>(call, method.RequestMarshaller, options.WriteOptions);
        call.Start(requests.Content);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, call.ReadOneAsync(method.ResponseMarshaller), call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall(transport, method, host, options);
        var requests = new RequestStreamWriter<TRequest>(call, method.RequestMarshaller, options.WriteOptions);
        call.Start(requests.Content);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests, new ResponseStreamReader<TResponse>(call, method.ResponseMarshaller), call);
    }
}
