using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace RaftStream.Kafka.Protocol;

/// <summary>Frames: four bytes of size, then a header and a body.</summary>
public static class KafkaFrame
{
    /// <summary>Bytes of the size field.</summary>
    public const int SizeBytes = sizeof(int);

    /// <summary>Takes one frame off the front of <paramref name="input"/>; copies nothing.</summary>
    /// <param name="input">What has arrived; on success what comes after the frame.</param>
    /// <param name="maxFrameBytes">Largest size that is waited for.</param>
    /// <param name="frame">The bytes behind the size field. They are the pipe's: valid until the caller advances the reader.</param>
    /// <returns>False when more bytes are needed; <paramref name="input"/> is then unchanged.</returns>
    /// <exception cref="KafkaProtocolException">The size is negative or above the limit.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> input, int maxFrameBytes, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        if (input.Length < SizeBytes)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[SizeBytes];
        input.Slice(0, SizeBytes).CopyTo(bytes);
        int size = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (size < 0 || size > maxFrameBytes)
        {
            throw new KafkaProtocolException(
                size < 0 ? KafkaProtocolError.BadLength : KafkaProtocolError.OverLimit,
                "frame",
                0,
                string.Create(CultureInfo.InvariantCulture, $"A frame of {size} bytes was announced; at most {maxFrameBytes} are allowed."));
        }

        if (input.Length - SizeBytes < size)
        {
            return false;
        }

        frame = input.Slice(SizeBytes, size);
        input = input.Slice(frame.End);
        return true;
    }

    /// <summary>Appends a whole response: size, header, body.</summary>
    /// <param name="output">Gets the bytes; use a buffer of your own when <paramref name="holes"/> is given, or when writing might fail.</param>
    /// <param name="body">The response.</param>
    /// <param name="version">The request's version.</param>
    /// <param name="correlationId">The request's.</param>
    /// <param name="holes">Gets the places where the caller puts bytes; see <see cref="WireBytes.Hole"/>.</param>
    /// <returns>Bytes of the frame, size field and holes included.</returns>
    public static int WriteResponse(IBufferWriter<byte> output, IKafkaMessage body, short version, int correlationId, FrameHoles? holes = null)
    {
        bool tagged = ApiTable.Get(body.Api).ResponseHeaderVersion(version) == 1;
        int size = sizeof(int) + (tagged ? 1 : 0) + body.GetSize(version);
        var writer = new KafkaWriter(output, holes);
        writer.WriteInt32(size);
        writer.WriteInt32(correlationId);
        if (tagged)
        {
            writer.WriteUInt8(0);
        }

        body.Write(ref writer, version);
        writer.Flush();
        return size + SizeBytes;
    }

    /// <summary>Takes the header of a response to a request of <paramref name="version"/> off the front of <paramref name="reader"/>.</summary>
    /// <returns>The correlation id.</returns>
    public static int ReadResponseHeader(ref KafkaReader reader, ApiKey api, short version)
    {
        int correlationId = reader.ReadInt32("ResponseHeader.CorrelationId");
        if (ApiTable.Get(api).ResponseHeaderVersion(version) == 1)
        {
            reader.SkipTags("ResponseHeader");
        }

        return correlationId;
    }

    /// <summary>Appends a whole request: size, header, body.</summary>
    /// <returns>Bytes of the frame, size field and holes included.</returns>
    public static int WriteRequest(IBufferWriter<byte> output, IKafkaMessage body, RequestHeader header, FrameHoles? holes = null)
    {
        int size = header.GetSize() + body.GetSize(header.ApiVersion);
        var writer = new KafkaWriter(output, holes);
        writer.WriteInt32(size);
        header.Write(ref writer);
        body.Write(ref writer, header.ApiVersion);
        writer.Flush();
        return size + SizeBytes;
    }
}
