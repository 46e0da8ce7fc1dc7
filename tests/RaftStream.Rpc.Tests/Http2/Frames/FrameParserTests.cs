using System.Buffers;
using RaftStream.Model;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2.Frames;

/// <summary>The parser alone, fed with random conversations, cut and damaged in random ways. One seed per run.</summary>
public sealed class FrameParserTests
{
    private static readonly FrameLimits Limits = new(
        MaxFrameBytes: 200_000, ReadBufferBytes: 32_768, HeaderTableBytes: 4_096, MaxHeaderListBytes: 20_000);

    [Fact]
    public void A_conversation_reads_the_same_however_it_is_cut()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            byte[] conversation = Conversation(new Prng(seed));
            RecordingHandler whole = Feed(conversation, new Prng(0), wholePieces: true);

            RecordingHandler cut = Feed(conversation, new Prng(seed + 1_000), wholePieces: false);

            Assert.NotEmpty(whole.Events);
            Assert.Equal(whole.Events, cut.Events);
            Assert.Equal(0, cut.OpenTargets);
        }
    }

    [Fact]
    public void Damage_is_an_Http2ProtocolException_or_goes_unnoticed_and_every_target_ends()
    {
        int noticed = 0;
        for (ulong seed = 0; seed < 1_000; seed++)
        {
            var prng = new Prng(seed);
            byte[] conversation = Conversation(prng);
            for (int i = prng.Next(4); i >= 0; i--)
            {
                // The first 40 bytes of each frame matter most, and the conversation is mostly payload.
                int at = prng.OneIn(2) ? prng.Next(Math.Min(200, conversation.Length)) : prng.Next(conversation.Length);
                conversation[at] ^= (byte)(1 << prng.Next(8));
            }

            RecordingHandler handler = Feed(conversation, prng, wholePieces: false);

            noticed += handler.Events.LastOrDefault("").StartsWith("failed", StringComparison.Ordinal) ? 1 : 0;
            Assert.Equal(0, handler.OpenTargets);
        }

        Assert.InRange(noticed, 50, 999);
    }

    [Fact]
    public void Noise_is_refused()
    {
        for (ulong seed = 0; seed < 1_000; seed++)
        {
            var prng = new Prng(seed);
            byte[] noise = new byte[100 + prng.Next(2_000)];
            prng.Fill(noise);

            // Behind SETTINGS, so that the noise is looked at frame by frame.
            RecordingHandler handler = Feed([0, 0, 0, 4, 0, 0, 0, 0, 0, .. noise], prng, wholePieces: false);

            Assert.Equal(0, handler.OpenTargets);
        }
    }

    private static RecordingHandler Feed(byte[] bytes, Prng prng, bool wholePieces)
    {
        var handler = new RecordingHandler();
        var parser = new FrameParser(handler, Limits);
        try
        {
            for (int at = 0; at < bytes.Length;)
            {
                Memory<byte> memory = parser.GetMemory();
                Assert.False(memory.IsEmpty);
                int most = wholePieces ? memory.Length : 1 + prng.Next(prng.OneIn(3) ? 20 : memory.Length);
                int count = Math.Min(Math.Min(most, memory.Length), bytes.Length - at);
                bytes.AsSpan(at, count).CopyTo(memory.Span);
                parser.Advance(count);
                at += count;
            }
        }
        catch (Http2ProtocolException exception)
        {
            handler.Events.Add($"failed {exception.Code}");
        }

        string last = handler.Events.Count > 0 ? handler.Events[^1] : "";
        parser.Abandon();
        if (last.StartsWith("failed", StringComparison.Ordinal))
        {
            handler.Events.Add(last);
        }

        return handler;
    }

    private static byte[] Conversation(Prng prng)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteSettings(output, (SettingId.MaxFrameSize, 16_384));
        for (int frames = 5 + prng.Next(20); frames > 0; frames--)
        {
            int stream = 1 + (2 * prng.Next(5));
            switch (prng.Next(10))
            {
                case 0:
                    FrameWriter.WritePing(output, prng.NextUInt64(), ack: prng.OneIn(2));
                    break;
                case 1:
                    FrameWriter.WriteWindowUpdate(output, prng.OneIn(2) ? 0 : stream, prng.Next(int.MaxValue));
                    break;
                case 2:
                    FrameWriter.WriteRstStream(output, stream, (Http2ErrorCode)prng.Next(14));
                    break;
                case 3:
                    FrameWriter.WriteSettingsAck(output);
                    break;
                case 4:
                    WriteHeaders(output, prng, stream);
                    break;
                case 5:
                    WriteFrame(output, (FrameType)(20 + prng.Next(200)), FrameFlags.None, prng.Next(9), Bytes(prng, prng.Next(6_000)));
                    break;
                default:
                    WriteData(output, prng, stream);
                    break;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteHeaders(ArrayBufferWriter<byte> output, Prng prng, int stream)
    {
        byte[] block = ScriptedConnection.Encode(
            [new(":status", "200"), new("x", new string('y', prng.Next(300))), .. ScriptedConnection.OkTrailers]);
        int cut = prng.Next(block.Length + 1);
        FrameFlags end = prng.OneIn(2) ? FrameFlags.EndStream : FrameFlags.None;
        WriteFrame(output, FrameType.Headers, end, stream, block[..cut]);
        WriteFrame(output, FrameType.Continuation, FrameFlags.EndHeaders, stream, block[cut..]);
    }

    private static void WriteData(ArrayBufferWriter<byte> output, Prng prng, int stream)
    {
        FrameFlags end = prng.OneIn(4) ? FrameFlags.EndStream : FrameFlags.None;
        byte[] payload = Bytes(prng, prng.OneIn(6) ? prng.Next(199_000) : prng.Next(300));
        if (prng.OneIn(3))
        {
            byte padding = (byte)prng.Next(256);
            WriteFrame(output, FrameType.Data, end | FrameFlags.Padded, stream, [padding, .. payload, .. new byte[padding]]);
        }
        else
        {
            WriteFrame(output, FrameType.Data, end, stream, payload);
        }
    }

    private static void WriteFrame(ArrayBufferWriter<byte> output, FrameType type, FrameFlags flags, int stream, byte[] payload)
    {
        new FrameHeader(payload.Length, type, flags, stream).Write(output.GetSpan(FrameHeader.Size));
        output.Advance(FrameHeader.Size);
        output.Write(payload);
    }

    private static byte[] Bytes(Prng prng, int count)
    {
        byte[] bytes = new byte[count];
        prng.Fill(bytes);
        return bytes;
    }
}
