using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>A call of one method: requests and responses through its marshallers.</summary>
internal sealed class TypedCall<TRequest, TResponse> : GrpcCall
    where TRequest : class
    where TResponse : class
{
    // A response on its own that is at most this large is read from an array of its own, since generated clients seldom
    // dispose a unary call and its memory would never go back to the pool.
    private const int SmallResponseBytes = 16 * 1024;

    private readonly Http2Channel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly PayloadContext _payload;
    private TRequest? _request;

    /// <exception cref="ArgumentException">The metadata holds a key of the protocol.</exception>
    public TypedCall(Http2Channel channel, Method<TRequest, TResponse> method, CallOptions options)
        : base(channel, method.FullName, options)
    {
        _channel = channel;
        _method = method;
        _payload = new PayloadContext(channel.Pool);
        WriteOptions = options.WriteOptions;
    }

    /// <summary>How requests are written from now on.</summary>
    public WriteOptions? WriteOptions { get; set; }

    /// <summary>Starts a call whose request is this one message.</summary>
    public void StartWith(TRequest request)
    {
        try
        {
            _request = request;
            WriteWholeRequest(Attempt, request);
            Start();
        }
        catch (RpcException exception)
        {
            Cancel(exception.Status);
        }
    }

    /// <summary>Starts a call whose requests follow.</summary>
    public void StartStreaming()
    {
        Attempt.Output.MayBorrow = true;
        Start();
    }

    /// <summary>Serializes one request into the stream's output; nothing is sent yet.</summary>
    /// <returns>True when memory was borrowed until it is sent.</returns>
    /// <exception cref="RpcException">Above the limit, or the marshaller failed; then nothing can follow, and the call
    /// should end.</exception>
    public bool Serialize(GrpcStream stream, TRequest request)
    {
        if (!stream.Output.TryBeginMessage())
        {
            return false; // the stream is closed, and its caller is about to hear of it
        }

        bool borrowed = false;
        bool compress = _channel.Options.CompressRequests && WriteOptions?.Flags.HasFlag(WriteFlags.NoCompress) != true;
        try
        {
            MessageSerializer.Write(
                _method.RequestMarshaller, request, stream.Output, _channel.Options.MaxSendMessageBytes, compress);
        }
        catch (PartialMessageException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A request could not be serialized.", exception.InnerException));
        }
        finally
        {
            borrowed = stream.Output.EndMessage();
        }

        return borrowed;
    }

    /// <summary>Reads a message whose memory belongs to this call from now on, until the next one or the end.</summary>
    /// <exception cref="RpcException">It cannot be decompressed or parsed; the call has ended with that.</exception>
    public TResponse Deserialize(ReceivedMessage message)
    {
        try
        {
            return _payload.Read(_method.ResponseMarshaller, message.IsCompressed ? Decompress(message) : message);
        }
        catch (RpcException exception)
        {
            Cancel(exception.Status);
            throw;
        }
    }

    /// <summary>Lets go of the last message's memory.</summary>
    public void ReleaseMessage() => _payload.Release();

    /// <summary>Waits for the one response and the end of the call.</summary>
    /// <exception cref="RpcException">The call failed, or did not have exactly one response.</exception>
    public async Task<TResponse> ReadSingleAsync()
    {
        TResponse? response = null;
        while (true)
        {
            while (Response.TryTake(out ReceivedMessage message, out int credit))
            {
                Attempt.Credit(credit);
                response = response is null
                    ? DeserializeSingle(message)
                    : throw Refuse(message, "The server sent more than one response to a call that has one.");
            }

            if (Response.IsDrained(out Status? status))
            {
                return status.Value.StatusCode != StatusCode.OK ? throw Response.Failure
                    : response ?? throw new RpcException(
                        new Status(StatusCode.Internal, "The server ended the call with OK but without a response."));
            }

            await Response.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _payload.Close();
    }

    /// <inheritdoc/>
    protected override bool TryWriteRequest(GrpcStream stream)
    {
        TRequest? request = Volatile.Read(ref _request);
        try
        {
            if (request is not null)
            {
                WriteWholeRequest(stream, request);
            }

            return request is not null;
        }
        catch (RpcException)
        {
            return false; // it was serialized once; if it no longer can be, the first failure stands
        }
    }

    /// <inheritdoc/>
    protected override void ForgetRequest() => Volatile.Write(ref _request, null);

    private void WriteWholeRequest(GrpcStream stream, TRequest request)
    {
        Serialize(stream, request);
        stream.Flush(end: true);
    }

    private TResponse DeserializeSingle(ReceivedMessage message)
    {
        if (message.IsCompressed)
        {
            message = Decompress(message);
        }

        if (message.Length > SmallResponseBytes)
        {
            return Deserialize(message);
        }

        var copy = new CountedBuffer(message.Memory.ToArray());
        message.Release();
        return Deserialize(message with { Buffer = copy, Offset = 0 });
    }

    private ReceivedMessage Decompress(ReceivedMessage message)
    {
        var unpacked = new PooledBuffer();
        try
        {
            if (ResponseEncoding != GrpcHeaders.Gzip)
            {
                throw new RpcException(new Status(
                    StatusCode.Internal, $"A message is compressed with \"{ResponseEncoding}\", which we did not offer."));
            }

            MessageCompression.Decompress(
                new ReadOnlySequence<byte>(message.Memory), _channel.Options.MaxReceiveMessageBytes, unpacked);
            int length = (int)unpacked.Length;
            CountedBuffer buffer = _channel.Pool.Rent(length);
            unpacked.Written.CopyTo(buffer.Array);
            return new ReceivedMessage(buffer, 0, length, IsCompressed: false, IsShared: false);
        }
        catch (RpcException exception)
        {
            Cancel(exception.Status);
            throw;
        }
        finally
        {
            message.Release();
            unpacked.Clear();
        }
    }

    private RpcException Refuse(ReceivedMessage message, string reason)
    {
        message.Release();
        var status = new Status(StatusCode.Internal, reason);
        Cancel(status);
        return new RpcException(status);
    }
}
