using System.Buffers;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Puts HEADERS and its CONTINUATIONs together and decodes them (RFC 9113 §4.3, §6.2, §6.10).</summary>
/// <remarks>
/// <code>
/// HEADERS:  [pad length (8)] [priority (40)] fragment... [padding]     CONTINUATION:  fragment...
/// </code>
/// </remarks>
internal sealed class HeaderBlockReader(FrameLimits limits)
{
    private const int PriorityBytes = 5;

    // Empty CONTINUATIONs cost the sender nothing and us a turn each.
    private const int MaxContinuations = 256;

    private readonly HpackDecoder _decoder = new(limits.HeaderTableBytes, limits.MaxHeaderListBytes);
    private readonly HeaderList _headers = new(limits.MaxHeaderListBytes);
    private readonly ArrayBufferWriter<byte> _fragments = new();
    private int _streamId;
    private int _continuations;
    private bool _endStream;

    /// <summary>Between HEADERS and its last CONTINUATION nothing else may come, and no CONTINUATION without them.</summary>
    public void CheckOrder(FrameHeader frame)
    {
        bool continues = frame.Type == FrameType.Continuation;
        if (continues != (_streamId != 0) || (continues && frame.StreamId != _streamId))
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.ProtocolError, $"{frame.Type} on stream {frame.StreamId} where a header block of stream {_streamId} is open.");
        }
    }

    /// <summary>Takes one HEADERS or CONTINUATION frame.</summary>
    /// <param name="endStream">When a list is returned: the peer sends nothing more on this stream.</param>
    /// <returns>The list when the block is complete, valid until the next block; else null.</returns>
    public HeaderList? Read(FrameHeader frame, ReadOnlySpan<byte> payload, out bool endStream)
    {
        if (frame.Type == FrameType.Headers)
        {
            payload = Strip(frame, payload);
            _endStream = frame.Has(FrameFlags.EndStream);
            _continuations = 0;
        }
        else
        {
            _continuations++;
        }

        endStream = _endStream;
        bool complete = frame.Has(FrameFlags.EndHeaders);
        if (_fragments.WrittenCount + payload.Length > limits.MaxHeaderListBytes || _continuations > MaxContinuations)
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.EnhanceYourCalm, $"A header block is above our limit of {limits.MaxHeaderListBytes} bytes.");
        }

        _streamId = complete ? 0 : frame.StreamId;
        if (complete && _fragments.WrittenCount == 0)
        {
            return Decode(payload);
        }

        _fragments.Write(payload);
        return complete ? Decode(_fragments.WrittenSpan) : null;
    }

    private HeaderList Decode(ReadOnlySpan<byte> block)
    {
        try
        {
            _decoder.Decode(block, _headers);
        }
        catch (HpackException exception)
        {
            throw new Http2ProtocolException(Http2ErrorCode.CompressionError, exception.Message);
        }

        _fragments.ResetWrittenCount();
        return _headers;
    }

    private static ReadOnlySpan<byte> Strip(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        if (frame.StreamId == 0)
        {
            throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, "HEADERS on stream 0.");
        }

        int padding = 0;
        int front = (frame.Has(FrameFlags.Padded) ? 1 : 0) + (frame.Has(FrameFlags.Priority) ? PriorityBytes : 0);
        if (payload.Length >= front)
        {
            padding = frame.Has(FrameFlags.Padded) ? payload[0] : 0;
            if (padding <= payload.Length - front)
            {
                return payload[front..^padding];
            }

            throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, "A HEADERS frame is all padding and more.");
        }

        throw new Http2ProtocolException(Http2ErrorCode.FrameSizeError, "A HEADERS frame ends inside its first fields.");
    }
}
