using System.Buffers;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Kafka.Protocol.Tests.Reference;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests.Fuzzing;

/// <summary>
/// Feeds the codec with frames that no client would send: noise, and requests with bytes changed, cut out, put in and swapped, numbers made
/// huge among them. The only thing that may happen is a message or a KafkaProtocolException, in memory bounded by the frame.
/// </summary>
internal sealed class FrameFuzzer
{
    /// <summary>
    /// Bytes that may be allocated for each byte of a frame, beside <see cref="AllocationBase"/>. The dearest elements are structs of few
    /// bytes and several lists.
    /// </summary>
    public const int AllocationPerByte = 64;

    /// <summary>Bytes that may be allocated for any frame: the message itself, an exception with its texts.</summary>
    public const int AllocationBase = 16 * 1024;

    private readonly (ApiSchema Api, short Version)[] _cases =
        [.. Schemas.Cases().Where(one => one.Body == one.Api.Request).Select(one => (one.Api, one.Version))];

    // Good frames to spoil, some of each case: writing them costs more than reading them.
    private readonly byte[][][] _good;

    // As a connection has them: used for frame after frame, whatever became of the one before.
    private readonly Dictionary<ApiKey, IKafkaMessage> _messages = ApiTable.All.ToDictionary(api => api.Key, api => api.NewRequest());
    private readonly StringCache _strings = new();
    private readonly ArrayBufferWriter<byte> _output = new();

    public FrameFuzzer(Prng prng)
    {
        _good = [.. _cases.Select(one => Enumerable.Range(0, 16).Select(_ => Good(one.Api, one.Version, prng)).ToArray())];
    }

    /// <summary>Frames that were read to the end.</summary>
    public long Accepted { get; private set; }

    /// <summary>Frames that were refused, by kind of fault.</summary>
    public SortedDictionary<KafkaProtocolError, long> Refused { get; } = [];

    /// <summary>The most bytes that one frame's reading allocated, less the base, for each of its bytes.</summary>
    public double MostPerByte { get; private set; }

    /// <summary>Makes one frame and reads it.</summary>
    public void Step(Prng prng)
    {
        byte[] bytes = Frame(prng);
        ReadOnlySequence<byte> frame = prng.OneIn(3) ? Segments.Split(bytes, prng) : new ReadOnlySequence<byte>(bytes);
        bool fresh = prng.OneIn(2);
        IKafkaMessage? body = null;
        RequestHeader header = default;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            body = Read(frame, fresh, out header);
            Accepted++;
        }
        catch (KafkaProtocolException fault)
        {
            Refused[fault.Error] = Refused.GetValueOrDefault(fault.Error) + 1;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocationBase)
        {
            MostPerByte = Math.Max(MostPerByte, (allocated - AllocationBase) / (double)bytes.Length);
        }

        Assert.True(
            allocated <= AllocationBase + ((long)AllocationPerByte * bytes.Length),
            $"{allocated} bytes allocated for a frame of {bytes.Length}: {Convert.ToHexString(bytes)}");
        if (body is not null && prng.OneIn(8))
        {
            CheckWritten(body, header);
        }
    }

    private IKafkaMessage? Read(ReadOnlySequence<byte> frame, bool fresh, out RequestHeader header)
    {
        var reader = new KafkaReader(frame, strings: fresh ? null : _strings);
        header = RequestHeader.Read(ref reader);
        if (header.Api is not { } api)
        {
            return null;
        }

        IKafkaMessage body = fresh ? api.NewRequest() : _messages[api.Key];
        body.Read(ref reader, header.ApiVersion);
        reader.CheckEnd(api.Name);
        return body;
    }

    /// <summary>Whatever was read can be written, and is then read and written the same.</summary>
    private void CheckWritten(IKafkaMessage body, RequestHeader header)
    {
        byte[] first = Write(body, header);
        var input = new ReadOnlySequence<byte>(first);
        Assert.True(KafkaFrame.TryRead(ref input, int.MaxValue, out ReadOnlySequence<byte> frame));

        IKafkaMessage again = Read(frame, fresh: true, out RequestHeader headerAgain)!;

        Assert.Equal(header, headerAgain);
        Assert.Equal(first, Write(again, headerAgain));
    }

    private byte[] Write(IKafkaMessage body, RequestHeader header)
    {
        _output.ResetWrittenCount();
        int size = KafkaFrame.WriteRequest(_output, body, header);
        Assert.Equal(size, _output.WrittenCount);
        return _output.WrittenSpan.ToArray();
    }

    private byte[] Frame(Prng prng)
    {
        int at = prng.Next(_cases.Length);
        if (prng.OneIn(8))
        {
            return Noise(_cases[at].Api, _cases[at].Version, prng);
        }

        byte[][] good = _good[at];
        byte[] bytes = [.. good[prng.Next(good.Length)]];
        for (int i = prng.OneIn(50) ? 0 : 1 + prng.Next(3); i > 0; i--)
        {
            bytes = Spoil(bytes, prng);
        }

        return bytes;
    }

    private static byte[] Spoil(byte[] bytes, Prng prng)
    {
        if (bytes.Length < 2)
        {
            return [0, (byte)prng.Next(256)];
        }

        // The first 12 bytes decide what the rest is read as; most changes go behind them.
        int at = prng.OneIn(10) ? prng.Next(bytes.Length) : Math.Min(bytes.Length - 1, 10 + prng.Next(bytes.Length));
        int size = Math.Min(bytes.Length - at, 1 + prng.Next(5));
        switch (prng.Next(7))
        {
            case 0:
                bytes[at] = (byte)prng.Next(256);
                return bytes;
            case 1:
                bytes[at] ^= (byte)(1 << prng.Next(8));
                return bytes;
            case 2:
                return [.. bytes[..at], .. bytes[(at + size)..]];
            case 3:
                byte[] more = new byte[size];
                prng.Fill(more);
                return [.. bytes[..at], .. more, .. bytes[at..]];
            case 4:
                bytes.AsSpan(at, size).Fill(prng.OneIn(2) ? (byte)0xFF : (byte)0x7F);
                return bytes;
            case 5:
                return bytes[..at];
            default:
                int from = prng.Next(bytes.Length - size + 1);
                return [.. bytes[..at], .. bytes[from..(from + size)], .. bytes[at..]];
        }
    }

    private static byte[] Noise(ApiSchema api, short version, Prng prng)
    {
        byte[] bytes = new byte[prng.OneIn(300) ? prng.Next(65_536) : prng.Next(400)];
        prng.Fill(bytes);
        if (prng.OneIn(2))
        {
            // Mostly small numbers, so that lengths and counts can be met.
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)(prng.OneIn(4) ? bytes[i] : bytes[i] % 4);
            }
        }

        if (bytes.Length > 12 && !prng.OneIn(20))
        {
            byte[] head = [0, (byte)api.Key, 0, (byte)version, 0, 0, 0, 1, 0xFF, 0xFF, 0];
            head.AsSpan(0, api.Flexible.Contains(version) ? 11 : 10).CopyTo(bytes);
        }

        return bytes;
    }

    private static byte[] Good(ApiSchema api, short version, Prng prng)
    {
        var encoder = new ReferenceEncoder(api, version, prng.OneIn(2) ? prng : null);
        byte[] head = [0, (byte)api.Key, 0, (byte)version, 0, 0, 0, 1, 0, 1, (byte)'c'];
        byte[] tags = api.Flexible.Contains(version) ? [0] : [];
        return [.. head, .. tags, .. encoder.Encode(api.Request!, Tree.Random(api.Request!, version, prng))];
    }
}
