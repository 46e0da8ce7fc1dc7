using System.Buffers;
using System.Globalization;
using Grpc.Core;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Connections;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>One attempt of a call on one HTTP/2 stream: request bytes out, response headers, messages and trailers in.</summary>
internal sealed class GrpcStream : Http2Stream
{
    private readonly GrpcCall _call;
    private readonly MessageAssembler _assembler;
    private bool _hasHeaders;
    private int _httpStatus;

    public GrpcStream(GrpcCall call, Http2Options options, BufferPool pool)
        : base(options.StreamWindowBytes, options.WriteBufferBytes)
    {
        _call = call;
        _assembler = new MessageAssembler(pool, options.MaxReceiveMessageBytes);
        Output = new MessageOutput(pool, Send);
    }

    /// <summary>Where requests are serialized; for the call's one writer.</summary>
    public MessageOutput Output { get; }

    /// <summary>True when so little waits that the writer may add to it before it flushes.</summary>
    public new bool IsBelowBuffer => base.IsBelowBuffer;

    /// <summary>Sends what was written.</summary>
    /// <param name="end">No more requests follow.</param>
    public new void Flush(bool end)
    {
        if (end)
        {
            Output.Close();
        }

        base.Flush(end);
    }

    /// <summary>Waits until the writer may go on, see <see cref="Http2Stream.WaitForSpaceAsync"/>.</summary>
    public new ValueTask WaitForSpaceAsync(bool untilAllSent) => base.WaitForSpaceAsync(untilAllSent);

    /// <summary>The caller has taken messages.</summary>
    public new void Credit(int bytes)
    {
        if (bytes > 0)
        {
            base.Credit(bytes);
        }
    }

    /// <inheritdoc/>
    public override void WriteHeaders(IBufferWriter<byte> output) => _call.WriteHeaders(output);

    /// <inheritdoc/>
    public override void OnHeaders(HeaderList headers, bool endStream)
    {
        try
        {
            if (headers.IsTooLarge)
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "The server's headers are above the limit."));
            }

            if (!_hasHeaders && !endStream)
            {
                OnInitialHeaders(headers);
            }
            else if (endStream)
            {
                OnTrailers(headers);
            }
            else
            {
                throw new RpcException(new Status(StatusCode.Internal, "The server sent headers twice."));
            }
        }
        catch (RpcException exception)
        {
            Refuse(exception.Status);
        }
    }

    /// <inheritdoc/>
    public override void OnEndOfData() =>
        Refuse(new Status(StatusCode.Internal, "The server ended the call without trailers."));

    /// <inheritdoc/>
    public override void OnFailed(StreamFailure failure)
    {
        if (!failure.IsUnprocessed || !_call.TryRepeat())
        {
            _call.Finish(ToStatus(failure), Metadata.Empty, dropMessages: false);
        }
    }

    /// <inheritdoc/>
    public override void OnNotOpened(StreamFailure failure) => _call.Restart(this, failure);

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_hasHeaders)
            {
                _assembler.Append(bytes);
            }
        }
        catch (RpcException exception)
        {
            OnDataArrived(bytes.Length); // what came before the bad message is good
            Refuse(exception.Status);
            return;
        }

        OnDataArrived(bytes.Length);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int maxBytes) => _assembler.GetMemory(maxBytes);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        _assembler.Advance(bytes);
        OnDataArrived(bytes);
    }

    /// <inheritdoc/>
    protected override void OnReceiverIdle() => _assembler.Release();

    /// <inheritdoc/>
    protected override void OnClosed() => Output.Close();

    private void OnDataArrived(int bytes) => Credit(_call.Response.OnData(bytes, _assembler.Completed));

    private void OnInitialHeaders(HeaderList headers)
    {
        _httpStatus = HttpStatus(headers);
        if (_httpStatus is >= 100 and < 200)
        {
            return; // informational; the real ones follow
        }

        string? contentType = headers.Find("content-type");
        if (_httpStatus != 200 || !GrpcHeaders.IsGrpc(contentType))
        {
            throw new RpcException(_httpStatus != 200
                ? StatusMapping.FromTrailers(null, null, _httpStatus)
                : new Status(StatusCode.Unknown, $"The server answered with content-type \"{contentType}\", which is not gRPC."));
        }

        _hasHeaders = true;
        _call.OnResponseHeaders(ToMetadata(headers), headers.Find(GrpcHeaders.Encoding));
    }

    private void OnTrailers(HeaderList headers)
    {
        if (!_hasHeaders)
        {
            _httpStatus = HttpStatus(headers); // an answer of trailers only
        }

        Status status = StatusMapping.FromTrailers(
            headers.Find(GrpcHeaders.Status), headers.Find(GrpcHeaders.Message), _httpStatus);
        if (status.StatusCode == StatusCode.OK && !_assembler.IsBetweenMessages)
        {
            status = new Status(StatusCode.Internal, "The server ended the call in the middle of a message.");
        }

        _call.Finish(status, ToMetadata(headers), dropMessages: false);
        EndReceiving();
        Reset(Http2ErrorCode.NoError); // unless all was sent: what we still had to say interests nobody
    }

    private void Refuse(Status status)
    {
        _call.Finish(status, Metadata.Empty, dropMessages: false);
        Reset(Http2ErrorCode.Cancel);
    }

    private static int HttpStatus(HeaderList headers) =>
        int.TryParse(headers.Find(":status"), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            ? status
            : throw new RpcException(new Status(StatusCode.Internal, "The server answered without an HTTP status."));

    private static Metadata ToMetadata(HeaderList headers)
    {
        var metadata = new Metadata();
        foreach (HeaderField field in headers.Fields)
        {
            MetadataCodec.Decode(metadata, field.Name, field.Value);
        }

        return metadata;
    }

    private static Status ToStatus(StreamFailure failure) => new(
        failure.IsReset ? StatusMapping.FromHttp2Error((long)failure.Code) : StatusCode.Unavailable,
        failure.Message,
        failure.Cause);
}
