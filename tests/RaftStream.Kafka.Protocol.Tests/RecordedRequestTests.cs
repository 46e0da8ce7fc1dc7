using System.Buffers;
using System.Globalization;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Requests that kafkajs and @platformatic/kafka wrote: read to their last byte, and written again byte by byte.</summary>
public sealed class RecordedRequestTests
{
    public static TheoryData<string, short, short, string> Recorded(string kind)
    {
        var rows = new TheoryData<string, short, short, string>();
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "requests.txt")))
        {
            string[] words = line.Split(' ');
            if (line[0] != '#' && words[1] == kind)
            {
                CultureInfo culture = CultureInfo.InvariantCulture;
                rows.Add($"{words[0]} {words[2]}", short.Parse(words[3], culture), short.Parse(words[4], culture), words[5].ToUpperInvariant());
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Recorded), "frame")]
    public void A_frame_from_a_real_client_is_read_whole_and_written_the_same(string source, short key, short version, string hex)
    {
        var input = new ReadOnlySequence<byte>(Convert.FromHexString(hex));
        Assert.True(KafkaFrame.TryRead(ref input, maxFrameBytes: 1_000_000, out ReadOnlySequence<byte> frame));
        Assert.True(input.IsEmpty);
        var reader = new KafkaReader(frame);

        RequestHeader header = RequestHeader.Read(ref reader);

        Assert.Equal((key, version, 77), (header.ApiKey, header.ApiVersion, header.CorrelationId));
        ApiInfo known = ApiTable.Find(key)!;
        if (version < known.MinVersion)
        {
            Assert.Null(header.Api);
            return;
        }

        Assert.Equal("kafkajs", header.ClientId);
        IKafkaMessage body = header.Api!.NewRequest();
        body.Read(ref reader, version);
        reader.CheckEnd(source);
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(hex.Length / 2, KafkaFrame.WriteRequest(output, body, header));
        Assert.Equal(hex, Convert.ToHexString(output.WrittenSpan));
    }

    [Theory]
    [MemberData(nameof(Recorded), "body")]
    public void A_body_from_a_real_client_is_read_whole_and_written_the_same(string source, short key, short version, string hex)
    {
        ApiInfo api = ApiTable.Find(key)!;
        Assert.True(api.Knows(version));
        IKafkaMessage body = api.NewRequest();
        var reader = new KafkaReader(new ReadOnlySequence<byte>(Convert.FromHexString(hex)));

        body.Read(ref reader, version);
        reader.CheckEnd(source);

        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        body.Write(ref writer, version);
        writer.Flush();
        Assert.Equal(hex, Convert.ToHexString(output.WrittenSpan));
    }
}
