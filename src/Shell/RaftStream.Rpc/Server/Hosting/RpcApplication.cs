using System.Collections.Frozen;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using RaftStream.Rpc.Server.Calls;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>What Kestrel calls per request: finds the method of a gRPC call and runs it, or the handler of a plain HTTP port.</summary>
internal sealed class RpcApplication(
    FrozenDictionary<string, ServerMethod> methods, RpcServerOptions options, ILogger logger, CancellationToken stopping)
    : IHttpApplication<IFeatureCollection>
{
    /// <summary>Set once no new calls are taken.</summary>
    public bool RefusesCalls { get; set; }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        if (context.Get<PlainHttpFeature>() is { } http)
        {
            return RunHttpAsync(context, http.Handler);
        }

        IHttpRequestFeature request = context.GetRequiredFeature<IHttpRequestFeature>();
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        if (!HttpMethods.IsPost(request.Method))
        {
            return ExplainAsync(context, StatusCodes.Status405MethodNotAllowed, "This is a gRPC port: calls are POST requests.");
        }

        if (!GrpcHeaders.IsGrpc(request.Headers.ContentType))
        {
            return ExplainAsync(context, StatusCodes.Status415UnsupportedMediaType, "This is a gRPC port: the content type is application/grpc.");
        }

        if (RefusesCalls)
        {
            return RefuseAsync(response, StatusCode.Unavailable, "The server is stopping.");
        }

        string? encoding = request.Headers.GrpcEncoding;
        if (encoding is not (null or GrpcHeaders.Identity or GrpcHeaders.Gzip))
        {
            return RefuseAsync(response, StatusCode.Unimplemented, $"The grpc-encoding {encoding} is not known here.");
        }

        return methods.TryGetValue(request.Path, out ServerMethod? method)
            ? RunAsync(new ServerCall(context, method.Method, options, stopping), method)
            : RefuseAsync(response, StatusCode.Unimplemented, $"There is no method {request.Path} here{(options.Purpose.Length > 0 ? $": {options.Purpose}" : "")}.");
    }

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    private static Task RefuseAsync(IHttpResponseFeature response, StatusCode code, string detail)
    {
        ServerCall.Refuse(response, new Status(code, detail));
        return Task.CompletedTask;
    }

    private async Task RunAsync(ServerCall call, ServerMethod method)
    {
        Exception? failure = null;
        try
        {
            call.Begin();
            await method.InvokeAsync(call).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a handler may throw anything; the client gets a status for it and the server goes on
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        Status status = await call.EndAsync(failure).ConfigureAwait(false);
        if ((failure ?? status.DebugException) is { } cause)
        {
            Report(method.Method.FullName, status, cause);
        }
    }

    private void Report(string method, Status status, Exception failure)
    {
        switch (failure)
        {
            case RpcException:
                RpcServerLog.CallFailed(logger, method, status.StatusCode, status.Detail, status.DebugException);
                break;
            case PartialMessageException:
                RpcServerLog.ResponseBroken(logger, method, failure);
                break;
            default:
                if (status.StatusCode is StatusCode.Unknown or StatusCode.Internal)
                {
                    RpcServerLog.HandlerFailed(logger, method, status.StatusCode, failure);
                }
                else
                {
                    RpcServerLog.CallGivenUp(logger, method, status.Detail);
                }

                break;
        }
    }

    private async Task RunHttpAsync(IFeatureCollection context, RequestDelegate handler)
    {
        var http = new DefaultHttpContext(context);
        try
        {
            await handler(http).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // the client is gone
        }
#pragma warning disable CA1031 // a handler may throw anything; the client gets a 500 for it and the server goes on
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RpcServerLog.HttpHandlerFailed(logger, http.Request.Path, exception);
            if (!http.Response.HasStarted)
            {
                http.Response.Clear();
                http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
        }
    }

    private static async Task ExplainAsync(IFeatureCollection context, int httpStatus, string text)
    {
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = httpStatus;
        response.Headers.ContentType = "text/plain";
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer
            .WriteAsync(Encoding.ASCII.GetBytes(text + "\n")).ConfigureAwait(false);
    }
}

/// <summary>Marks the connections of a plain HTTP port.</summary>
internal sealed record PlainHttpFeature(RequestDelegate Handler);
