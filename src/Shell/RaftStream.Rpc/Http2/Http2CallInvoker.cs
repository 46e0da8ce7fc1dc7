using Grpc.Core;
using RaftStream.Rpc.Http2.Calls;

namespace RaftStream.Rpc.Http2;

/// <summary>Starts calls on an <see cref="Http2Channel"/>.</summary>
internal sealed class Http2CallInvoker(Http2Channel channel) : CallInvoker
{
    /// <inheritdoc/>
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new TypedCall<TRequest, TResponse>(channel, method, options);
        call.StartWith(request);
#pragma warning disable VSTHRD002 // this method is for those who want to block
        return call.ReadSingleAsync().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new TypedCall<TRequest, TResponse>(channel, method, options);
        call.StartWith(request);
        return new AsyncUnaryCall<TResponse>(call.ReadSingleAsync(), call);
    }

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new TypedCall<TRequest, TResponse>(channel, method, options);
        call.StartWith(request);
        return new AsyncServerStreamingCall<TResponse>(new ResponseReader<TRequest, TResponse>(call), call);
    }

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new TypedCall<TRequest, TResponse>(channel, method, options);
        call.StartStreaming();
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new RequestWriter<TRequest, TResponse>(call), call.ReadSingleAsync(), call);
    }

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new TypedCall<TRequest, TResponse>(channel, method, options);
        call.StartStreaming();
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new RequestWriter<TRequest, TResponse>(call), new ResponseReader<TRequest, TResponse>(call), call);
    }
}
