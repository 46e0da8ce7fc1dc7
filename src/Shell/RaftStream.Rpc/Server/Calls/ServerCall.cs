using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>One call: what its handler sees of it, and how it ends.</summary>
/// <remarks>Made per call and never reused: a handler that keeps it by mistake sees an ended call, not somebody else's.</remarks>
internal sealed class ServerCall : ServerCallContext
{
    private const int Http2InternalError = 2;
    private const int Http2Cancel = 8;

    private readonly IFeatureCollection _features;
    private readonly IHttpRequestFeature _request;
    private readonly IHttpResponseFeature _response;
    private readonly IHttpResponseBodyFeature _responseBody;
    private readonly IMethod _method;
    private readonly CancellationToken _serverStopping;

    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private Dictionary<object, object>? _userState;
    private CallCancellation? _cancellation;
    private TimeSpan? _timeout;
    private DateTime _deadline = DateTime.MaxValue;

    public ServerCall(IFeatureCollection features, IMethod method, RpcServerOptions options, CancellationToken serverStopping)
    {
        _features = features;
        _method = method;
        _serverStopping = serverStopping;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();

        bool gzip = _request.Headers.GrpcEncoding == GrpcHeaders.Gzip;
        bool compress = options.CompressResponses && GrpcHeaders.Lists(_request.Headers.GrpcAcceptEncoding, GrpcHeaders.Gzip);

        RpcServerLimits limits = options.Limits;
        Input = new MessageInput(features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, limits.MaxReceiveMessageBytes, gzip);
        Output = new MessageOutput(_responseBody.Writer, limits.MaxSendMessageBytes, compress);

        _response.Headers.ContentType = GrpcHeaders.ContentType;
        if (compress)
        {
            _response.Headers.GrpcEncoding = GrpcHeaders.Gzip;
        }
    }

    /// <summary>The requests.</summary>
    public MessageInput Input { get; }

    /// <summary>The responses.</summary>
    public MessageOutput Output { get; }

    /// <summary>Flags of the messages from here on.</summary>
    public WriteFlags WriteFlags => WriteOptionsCore?.Flags ?? WriteFlags.None;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => _request.Headers.Host.ToString();

    protected override string PeerCore => DescribePeer(_features.Get<IHttpConnectionFeature>());

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders();

    protected override CancellationToken CancellationTokenCore => Watch().Token;

    protected override CancellationToken ConnectionClosedCore =>
        _features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed ?? CancellationToken.None;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Starts the clock, and for streams the watch for cancellation, before the handler runs.</summary>
    /// <exception cref="RpcException">Internal: a grpc-timeout of another form.</exception>
    public void Begin()
    {
        string? header = _request.Headers.GrpcTimeout;
        if (header is not null)
        {
            if (!GrpcTimeout.TryParse(header, out TimeSpan timeout))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"\"{header}\" is not a grpc-timeout."));
            }

            _timeout = timeout;
            DateTime now = DateTime.UtcNow;
            _deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        }

        if (_timeout is not null || _method.Type != MethodType.Unary)
        {
            Watch();
        }
    }

    /// <summary>Ends the call with the outcome of its handler.</summary>
    /// <param name="failure">What the handler threw; null when it returned.</param>
    /// <returns>The status that the client sees, unless it is gone.</returns>
    public async ValueTask<Status> EndAsync(Exception? failure)
    {
        Status status = failure is null ? StatusCore : StatusOf(failure);
        bool drained = await Output.EndAsync().ConfigureAwait(false);

        // From here on no callback may touch the streams: the server reuses what is below them.
        _cancellation?.Dispose();
        Input.End();
        if (failure is PartialMessageException || !drained)
        {
            _features.Get<IHttpResetFeature>()?.Reset(drained ? Http2InternalError : Http2Cancel);
            return status;
        }

        IHeaderDictionary target = Output.HasWritten || _response.HasStarted
            ? _features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : _response.Headers;
        try
        {
            AddMetadata(target, _responseTrailers);
            AddMetadata(target, (failure as RpcException)?.Trailers);
        }
        catch (ArgumentException exception)
        {
            status = new Status(StatusCode.Internal, "The handler's trailers are not valid metadata.", exception);
        }

        WriteStatus(target, status);
        return status;
    }

    /// <summary>Ends a call that no handler ran for.</summary>
    public static void Refuse(IHttpResponseFeature response, Status status)
    {
        response.Headers.ContentType = GrpcHeaders.ContentType;
        WriteStatus(response.Headers, status);
        if (status.StatusCode == StatusCode.Unimplemented)
        {
            response.Headers.GrpcAcceptEncoding = GrpcHeaders.AcceptedEncodings;
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (_response.HasStarted || Output.HasWritten)
        {
            throw new InvalidOperationException("The headers are on their way already.");
        }

        AddMetadata(_response.Headers, responseHeaders);
        await _responseBody.StartAsync().ConfigureAwait(false);
        await _responseBody.Writer.FlushAsync().ConfigureAwait(false);
    }

    private CallCancellation Watch()
    {
        if (Volatile.Read(ref _cancellation) is { } watching)
        {
            return watching;
        }

        lock (Output)
        {
            return _cancellation ??= new CallCancellation(
                _timeout,
                static call => ((ServerCall)call!).OnCancelled(),
                this,
                _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted,
                _serverStopping);
        }
    }

    /// <summary>Wakes what waits. The reader first: once both are awake the call may end, and its pipe serve another call.</summary>
    private void OnCancelled()
    {
        Input.Interrupt();
        Output.Fail(new OperationCanceledException("The call was cancelled."));
    }

    private Status StatusOf(Exception failure) => failure switch
    {
        RpcException rpc => rpc.Status,
        _ when _cancellation is { Token.IsCancellationRequested: true } cancellation => cancellation.Reason,
        OperationCanceledException => new Status(StatusCode.Cancelled, "The client gave up the call.", failure),
        PartialMessageException => new Status(StatusCode.Internal, "A response could not be serialized.", failure),
        _ => new Status(StatusCode.Unknown, "The handler failed.", failure),
    };

    private static void WriteStatus(IHeaderDictionary target, in Status status)
    {
        target.GrpcStatus = StatusMapping.Format(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            target.GrpcMessage = StatusMessage.Encode(status.Detail);
        }
    }

    private static void AddMetadata(IHeaderDictionary target, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach (Metadata.Entry entry in metadata)
        {
            target.Append(entry.Key, MetadataCodec.Encode(entry));
        }
    }

    private Metadata ReadHeaders()
    {
        var metadata = new Metadata();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in _request.Headers)
        {
            foreach (string? value in values)
            {
                MetadataCodec.Decode(metadata, name, value ?? "");
            }
        }

        return metadata;
    }

    private static string DescribePeer(IHttpConnectionFeature? connection) => connection?.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetwork } address => $"ipv4:{address}:{connection.RemotePort}",
        IPAddress { IsIPv4MappedToIPv6: true } address => $"ipv4:{address.MapToIPv4()}:{connection.RemotePort}",
        IPAddress address => $"ipv6:[{address}]:{connection.RemotePort}",
    };
}
