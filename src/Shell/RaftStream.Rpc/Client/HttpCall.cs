using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>One call: its request, the headers and trailers of its answer, its deadline, and how it ended.</summary>
/// <remarks>Whatever ends the call first decides its status; everything later sees that status.</remarks>
internal sealed class HttpCall : ICallState
{
    private static readonly MediaTypeHeaderValue ContentType = new(GrpcHeaders.ContentType);

    private readonly HttpTransport _transport;
    private readonly IMethod _method;
    private readonly string? _host;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationTokenRegistration _onCancelled;
    private readonly CancellationTokenRegistration _onCallerCancels;
    private readonly CancellationTokenRegistration _onChannelCloses;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    private object? _cancelReason;
    private Status? _status;
    private Metadata _trailers = Metadata.Empty;
    private HttpResponseMessage? _response;
    private ResponseInput? _input;
    private Task<ResponseInput?>? _answer;

    public HttpCall(HttpTransport transport, IMethod method, string? host, in CallOptions options)
    {
        _transport = transport;
        _method = method;
        _host = host;
        _options = options;
        Cancelled = _cancellation.Token;
        _onCancelled = Cancelled.UnsafeRegister(static call => ((HttpCall)call!).OnCancelled(), this);
        _onCallerCancels = options.CancellationToken.UnsafeRegister(
            static call => ((HttpCall)call!).CancelByCaller(), this);
        _onChannelCloses = transport.Closing.UnsafeRegister(
            static call => ((HttpCall)call!).Cancel(new Status(StatusCode.Unavailable, "The channel is closed.")), this);
    }

    /// <inheritdoc/>
    public Task<Metadata> ResponseHeadersAsync => _headers.Task;

    /// <summary>Completes, never with a failure, when the call has its status.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Fires when the call is given up.</summary>
    public CancellationToken Cancelled { get; }

    /// <summary>Limits of messages.</summary>
    public RpcChannelOptions ChannelOptions => _transport.Options;

    /// <summary>True when requests go with gzip.</summary>
    public bool CompressesRequests => _transport.Options.CompressRequests;

    /// <summary>Flags of all requests of the call.</summary>
    public WriteFlags WriteFlags => _options.WriteOptions?.Flags ?? WriteFlags.None;

    private Status CancelReason => (Status?)Volatile.Read(ref _cancelReason) ?? CallDeadline.Exceeded;

    /// <inheritdoc/>
    public Status GetStatus() => _status ?? throw new InvalidOperationException("The call has not ended.");

    /// <inheritdoc/>
    public Metadata GetTrailers() => _status is null ? throw new InvalidOperationException("The call has not ended.") : _trailers;

    /// <summary>Sends the request. Failures show up in the answer.</summary>
    public void Start(HttpContent content) => _answer = AskAsync(content);

    /// <summary>The messages of the answer; null when it has none because it is an error.</summary>
    public Task<ResponseInput?> AnswerAsync() => _answer!;

    /// <summary>The one response of a call that has just one. What it borrows belongs to it alone.</summary>
    public async Task<T> ReadOneAsync<T>(Marshaller<T> marshaller)
    {
        try
        {
            ResponseInput? input = await AnswerAsync().ConfigureAwait(false);
            if (input is null)
            {
                throw Failure();
            }

            bool found = await input.MoveNextAsync(Cancelled).ConfigureAwait(false);
            T? response = found ? MessageDeserializer.Read(marshaller, input.Message) : default;
            if (found && !await input.IsAtEndAsync(Cancelled).ConfigureAwait(false))
            {
                throw new RpcException(new Status(StatusCode.Internal, "The call has more than one response message."));
            }

            EndWithTrailers();
            if (_status!.Value.StatusCode != StatusCode.OK)
            {
                throw Failure();
            }

            return found ? response! : throw new RpcException(new Status(StatusCode.Internal, "The call has no response message."));
        }
#pragma warning disable CA1031 // every failure becomes a status
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw Fail(exception);
        }
    }

    /// <summary>Ends the call with the status in the trailers; all responses have been read.</summary>
    public void EndWithTrailers()
    {
        HttpResponseHeaders trailers = _response!.TrailingHeaders;
        End(StatusMapping.FromTrailers(
            First(trailers, GrpcHeaders.Status), First(trailers, GrpcHeaders.Message), (int)_response.StatusCode), trailers);
    }

    /// <summary>Ends the call with a failure, unless it has ended, and gives what the caller is to see.</summary>
    public RpcException Fail(Exception exception)
    {
        End(Cancelled.IsCancellationRequested ? CancelReason : ClientFailure.ToStatus(exception, _transport.Address), null);
        _response?.Dispose(); // what is still under way is of no use: lets the server know
        return Failure();
    }

    /// <summary>What a failed write throws: the status of the call when the server ended it, which may still be on its way.</summary>
    public async ValueTask<RpcException> FailWriteAsync(Exception exception)
    {
        // A server that wants no more requests ends the call and resets their direction: the answer knows why.
        if (await AnswerAsync().ConfigureAwait(false) is not null && !Ended.IsCompleted)
        {
            return new RpcException(new Status(
                StatusCode.Cancelled, "The server takes no more requests of this call; its responses end with the reason.", exception));
        }

        return Fail(exception);
    }

    /// <summary>Gives the call up on behalf of its caller. Any thread.</summary>
    public void CancelByCaller() => Cancel(new Status(StatusCode.Cancelled, "The caller cancelled the call."));

    /// <summary>The status of the ended call as an exception.</summary>
    public RpcException Failure() => new(_status!.Value, _trailers);

    /// <inheritdoc/>
    public void Dispose()
    {
        Cancel(new Status(StatusCode.Cancelled, "The call was disposed."));
        _input?.Dispose();
        _response?.Dispose();
    }

    private async Task<ResponseInput?> AskAsync(HttpContent content)
    {
        try
        {
            // Not disposed here: the body of a stream goes on after the answer has begun.
            _response = await _transport.SendAsync(CreateRequest(content), Cancelled).ConfigureAwait(false);
            Cancelled.ThrowIfCancellationRequested();
            Metadata headers = Read(_response.Headers);
            string? status = First(_response.Headers, GrpcHeaders.Status);
            bool isGrpc = _response.StatusCode == HttpStatusCode.OK && GrpcHeaders.IsGrpc(_response.Content.Headers.ContentType?.MediaType);
            if (status is not null || !isGrpc)
            {
                // No messages: a gRPC error in the headers alone, or an answer of something that does not speak gRPC.
                End(
                    status is null && _response.StatusCode == HttpStatusCode.OK
                        ? new Status(StatusCode.Unknown, $"The answer of {_transport.Address.Authority} is not gRPC: its content type is {_response.Content.Headers.ContentType}.")
                        : StatusMapping.FromTrailers(status, First(_response.Headers, GrpcHeaders.Message), (int)_response.StatusCode),
                    _response.Headers);
                _headers.TrySetResult(headers);
                return null;
            }

            string? encoding = First(_response.Headers, GrpcHeaders.Encoding);
            if (encoding is not (null or GrpcHeaders.Identity or GrpcHeaders.Gzip))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The server's grpc-encoding {encoding} was not asked for."));
            }

            Stream body = await _response.Content.ReadAsStreamAsync(Cancelled).ConfigureAwait(false);
            _input = new ResponseInput(body, _transport.Options.MaxReceiveMessageBytes, encoding == GrpcHeaders.Gzip, pooled: IsStream(_method.Type));
            _headers.TrySetResult(headers);
            return _input;
        }
#pragma warning disable CA1031 // every failure becomes a status
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
            return null;
        }
    }

    private HttpRequestMessage CreateRequest(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_transport.Address, _method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = ContentType;
        request.Headers.Host = _host;
        request.Headers.TryAddWithoutValidation(GrpcHeaders.Te, GrpcHeaders.Trailers);
        request.Headers.TryAddWithoutValidation(GrpcHeaders.UserAgentName, GrpcHeaders.UserAgent);
        request.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.AcceptedEncodings);
        if (CompressesRequests)
        {
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Encoding, GrpcHeaders.Gzip);
        }

        foreach (Metadata.Entry entry in _options.Headers ?? Metadata.Empty)
        {
            request.Headers.TryAddWithoutValidation(entry.Key, MetadataCodec.Encode(entry));
        }

        if (_options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            StartClock(request, deadline.ToUniversalTime() - DateTime.UtcNow);
        }

        return request;
    }

    private void StartClock(HttpRequestMessage request, TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            throw new RpcException(CallDeadline.Exceeded);
        }

        request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(timeout));
        if (timeout < CallDeadline.MaxTimer)
        {
            _cancellation.CancelAfter(timeout); // cancelled without a reason: the deadline
        }
    }

    private void Cancel(Status reason)
    {
        Interlocked.CompareExchange(ref _cancelReason, reason, null);
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // the call has ended
        }
    }

    /// <summary>Ends the call although nobody may be reading or writing just now.</summary>
    private void OnCancelled()
    {
        End(CancelReason, null);
        Volatile.Read(ref _response)?.Dispose();
    }

    private void End(Status status, HttpResponseHeaders? trailers)
    {
        lock (_lock)
        {
            if (_status is not null)
            {
                return;
            }

            _trailers = trailers is null ? Metadata.Empty : Read(trailers);
            _status = status;
        }

        _onCallerCancels.Unregister();
        _onChannelCloses.Unregister();
        _onCancelled.Unregister();
        _cancellation.Dispose();
        if (!_headers.Task.IsCompleted && _headers.TrySetException(Failure()))
        {
            _ = _headers.Task.Exception; // nobody has to ask for the headers
        }

        _ended.TrySetResult();
    }

    private static bool IsStream(MethodType type) => type is MethodType.ServerStreaming or MethodType.DuplexStreaming;

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    private static Metadata Read(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            foreach (string value in values)
            {
                MetadataCodec.Decode(metadata, name, value);
            }
        }

        return metadata;
    }
}
