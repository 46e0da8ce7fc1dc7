using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Support;

/// <summary>One frame as the client sent it.</summary>
internal sealed record ReceivedFrame(FrameHeader Header, byte[] Payload)
{
    public uint Number(int at = 0) => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(at));
}

/// <summary>The server's end of one connection, written and read frame by frame.</summary>
internal sealed class ScriptedConnection(Socket socket) : IDisposable
{
    /// <summary>How long a test waits for what should come at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly Dictionary<int, List<byte>> _unfinished = [];
    private readonly HpackDecoder _decoder = new(4096, 65_536);

    public static IReadOnlyList<HeaderField> OkHeaders { get; } =
        [new(":status", "200"), new("content-type", "application/grpc")];

    public static IReadOnlyList<HeaderField> OkTrailers { get; } = [new("grpc-status", "0")];

    /// <summary>Client settings as they came with the preface.</summary>
    public IReadOnlyDictionary<int, uint> ClientSettings { get; private set; } = new Dictionary<int, uint>();

    public async Task HandshakeAsync(params (ushort Id, uint Value)[] settings)
    {
        byte[] preface = await ReadBytesAsync(FrameWriter.Preface.Length);
        Assert.True(preface.AsSpan().SequenceEqual(FrameWriter.Preface));
        ReceivedFrame theirs = await ReadAsync();
        Assert.Equal(FrameType.Settings, theirs.Header.Type);
        ClientSettings = Enumerable.Range(0, theirs.Payload.Length / 6).ToDictionary(
            i => (int)BinaryPrimitives.ReadUInt16BigEndian(theirs.Payload.AsSpan(i * 6)), i => theirs.Number((i * 6) + 2));
        await SendSettingsAsync(settings);
    }

    public async Task SendSettingsAsync(params (ushort Id, uint Value)[] settings)
    {
        byte[] payload = new byte[settings.Length * 6];
        for (int i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * 6), settings[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan((i * 6) + 2), settings[i].Value);
        }

        await SendAsync(FrameType.Settings, FrameFlags.None, 0, payload);
    }

    /// <summary>The next frame, whatever it is; null when the client has closed the connection.</summary>
    public async Task<ReceivedFrame?> TryReadAsync()
    {
        byte[] header = new byte[FrameHeader.Size];
        int first = await _stream.ReadAsync(header).AsTask().WaitAsync(Patience);
        if (first == 0)
        {
            return null;
        }

        await _stream.ReadExactlyAsync(header.AsMemory(first)).AsTask().WaitAsync(Patience);
        FrameHeader frame = FrameHeader.Read(header);
        return new ReceivedFrame(frame, await ReadBytesAsync(frame.Length));
    }

    public async Task<ReceivedFrame> ReadAsync() =>
        await TryReadAsync() ?? throw new EndOfStreamException("The client closed the connection.");

    /// <summary>The next frame of this type; SETTINGS, their answers and WINDOW_UPDATEs on the way are skipped.</summary>
    public async Task<ReceivedFrame> ReadAsync(FrameType type)
    {
        while (true)
        {
            ReceivedFrame frame = await ReadAsync();
            if (frame.Header.Type == type)
            {
                return frame;
            }

            Assert.True(
                frame.Header.Type is FrameType.Settings or FrameType.WindowUpdate, $"{frame.Header} instead of {type}");
        }
    }

    /// <summary>The next request: its stream and its header lines.</summary>
    public async Task<(int StreamId, Dictionary<string, string> Headers)> ReadRequestAsync()
    {
        ReceivedFrame frame = await ReadAsync(FrameType.Headers);
        Assert.True(frame.Header.Has(FrameFlags.EndHeaders));
        var headers = new HeaderList(65_536);
        _decoder.Decode(frame.Payload, headers);
        return (frame.Header.StreamId, headers.Fields.ToDictionary(field => field.Name, field => field.Value));
    }

    /// <summary>The next whole request with one message: its stream and the message. Parts of others on the way are kept.</summary>
    public async Task<(int StreamId, byte[] Message)> ReadUnaryAsync()
    {
        while (true)
        {
            ReceivedFrame frame = await ReadAsync();
            if (frame.Header.Type == FrameType.Headers)
            {
                _unfinished.Add(frame.Header.StreamId, []);
            }
            else if (frame.Header.Type == FrameType.Data)
            {
                _unfinished[frame.Header.StreamId].AddRange(frame.Payload);
                if (frame.Header.Has(FrameFlags.EndStream) && _unfinished.Remove(frame.Header.StreamId, out List<byte>? bytes))
                {
                    return (frame.Header.StreamId, [.. bytes.Skip(5)]);
                }
            }
            else
            {
                Assert.True(frame.Header.Type is FrameType.Settings or FrameType.WindowUpdate, $"{frame.Header} inside a request");
            }
        }
    }

    /// <summary>Waits for GOAWAY and the end of the connection; answers its error code.</summary>
    public async Task<Http2ErrorCode> ReadGoodbyeAsync()
    {
        Http2ErrorCode? code = null;
        while (await TryReadAsync() is { } frame)
        {
            if (frame.Header.Type == FrameType.GoAway)
            {
                code = (Http2ErrorCode)frame.Number(at: 4);
            }
        }

        return code ?? throw new EndOfStreamException("The client closed the connection without GOAWAY.");
    }

    public async Task SendAsync(FrameType type, FrameFlags flags, int streamId, byte[] payload)
    {
        byte[] bytes = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(payload.Length, type, flags, streamId).Write(bytes);
        payload.CopyTo(bytes, FrameHeader.Size);
        await SendRawAsync(bytes);
    }

    public async Task SendRawAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    public Task SendHeadersAsync(int streamId, IEnumerable<HeaderField> fields, bool endStream = false) => SendAsync(
        FrameType.Headers,
        FrameFlags.EndHeaders | (endStream ? FrameFlags.EndStream : FrameFlags.None),
        streamId,
        Encode(fields));

    public Task SendDataAsync(int streamId, byte[] payload, FrameFlags flags = FrameFlags.None) =>
        SendAsync(FrameType.Data, flags, streamId, payload);

    public Task SendMessageAsync(int streamId, byte[] message) => SendDataAsync(streamId, Framed(message));

    public Task SendTrailersAsync(int streamId) => SendHeadersAsync(streamId, OkTrailers, endStream: true);

    /// <summary>A whole answer with one message.</summary>
    public async Task AnswerAsync(int streamId, byte[] message)
    {
        await SendHeadersAsync(streamId, OkHeaders);
        await SendMessageAsync(streamId, message);
        await SendTrailersAsync(streamId);
    }

    public Task SendNumberAsync(FrameType type, int streamId, uint number)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, number);
        return SendAsync(type, FrameFlags.None, streamId, payload);
    }

    public Task SendGoAwayAsync(int lastStreamId, Http2ErrorCode code = Http2ErrorCode.NoError)
    {
        byte[] payload = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4), (uint)code);
        return SendAsync(FrameType.GoAway, FrameFlags.None, 0, payload);
    }

    public static byte[] Encode(IEnumerable<HeaderField> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (HeaderField field in fields)
        {
            HpackEncoder.Write(output, field.Name, field.Value);
        }

        return output.WrittenSpan.ToArray();
    }

    public static byte[] Framed(byte[] message, bool compressed = false)
    {
        byte[] framed = new byte[5 + message.Length];
        framed[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    public void Dispose() => _stream.Dispose();

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience);
        return bytes;
    }
}
