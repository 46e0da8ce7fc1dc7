using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>A writer says what it was told to say, or refuses; it never says something else.</summary>
public sealed class KafkaWriterTests
{
    [Fact]
    public void A_value_that_the_version_cannot_say_is_refused()
    {
        var fetch = new FetchResponse { SessionId = 7 };
        Write(fetch, 7);

        Assert.Contains("FetchResponse.SessionId", Refusal(fetch, 4), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ignorable_value_is_dropped_where_the_version_has_no_place_for_it()
    {
        Assert.Equal(Write(new FetchResponse(), 4), Write(new FetchResponse { ErrorCode = 3 }, 4));
    }

    [Fact]
    public void Null_is_refused_where_the_version_allows_none()
    {
        var metadata = new MetadataRequest();
        metadata.Topics.SetNull();
        Write(metadata, 1);
        Assert.Contains("MetadataRequest.Topics", Refusal(metadata, 0), StringComparison.Ordinal);

        metadata.Topics.Add().Name = null;
        Write(metadata, 10);
        Assert.Contains("MetadataRequestTopic.Name", Refusal(metadata, 9), StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_out_of_range_is_refused()
    {
        Refusal(new ProduceRequest(), 2);
        Refusal(new ProduceRequest(), 14);
    }

    [Fact]
    public void A_string_that_two_bytes_of_length_cannot_say_is_refused()
    {
        var metadata = new MetadataRequest();
        metadata.Topics.Add().Name = new string('a', 32_768);

        Assert.Contains("32768", Refusal(metadata, 0), StringComparison.Ordinal);
        Assert.Equal(metadata.GetSize(9), Write(metadata, 9).Length / 2);
    }

    [Fact]
    public void A_hole_without_anybody_to_fill_it_is_refused()
    {
        Refusal(Fetched(new FetchResponse(), WireBytes.Hole(5, "file")), 12);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(18)]
    public void Written_bytes_and_holes_in_turn_are_the_frame_that_copied_bytes_make(short version)
    {
        byte[][] batches = [[1, 2, 3], [], [.. Enumerable.Repeat((byte)9, 300)], [4]];
        var copied = new FetchResponse();
        var holed = new FetchResponse();
        foreach (byte[] batch in batches)
        {
            Fetched(copied, new WireBytes(batch));
            Fetched(holed, WireBytes.Hole(batch.Length, batch));
        }

        var expected = new ArrayBufferWriter<byte>();
        var skeleton = new ArrayBufferWriter<byte>();
        var holes = new FrameHoles();
        int size = KafkaFrame.WriteResponse(expected, copied, version, correlationId: 1);
        Assert.Equal(size, KafkaFrame.WriteResponse(skeleton, holed, version, correlationId: 1, holes));

        var joined = new List<byte>();
        int at = 0;
        for (int i = 0; i < holes.Count; i++)
        {
            joined.AddRange(skeleton.WrittenSpan[at..holes[i].Position]);
            joined.AddRange((byte[])holes[i].Source);
            at = holes[i].Position;
        }

        joined.AddRange(skeleton.WrittenSpan[at..]);
        Assert.Equal(expected.WrittenSpan.ToArray(), joined);
        Assert.Equal((3, 304L), (holes.Count, holes.TotalLength));
        Assert.Equal(size, joined.Count);
        holes.Clear();
        Assert.Equal((0, 0L), (holes.Count, holes.TotalLength));
    }

    [Fact]
    public void Long_values_go_over_the_ends_of_small_buffers()
    {
        byte[] batch = new byte[5000];
        batch.AsSpan().Fill(7);
        var response = Fetched(new FetchResponse(), new WireBytes(batch));
        var output = new SmallBuffers();

        KafkaFrame.WriteResponse(output, response, 12, 1);

        var whole = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteResponse(whole, response, 12, 1);
        Assert.Equal(whole.WrittenSpan.ToArray(), output.Written);
    }

    private static FetchResponse Fetched(FetchResponse response, WireBytes records)
    {
        FetchResponse.FetchableTopicResponse topic = response.Responses.Add();
        topic.Topic = "t";
        FetchResponse.PartitionData partition = topic.Partitions.Add();
        partition.Records = records;
        return response;
    }

    private static string Write(IKafkaMessage message, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        message.Write(ref writer, version);
        writer.Flush();
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Refusal(IKafkaMessage message, short version) =>
        Assert.Throws<InvalidOperationException>(() => Write(message, version)).Message;

    /// <summary>Hands out no more memory than asked for.</summary>
    private sealed class SmallBuffers : IBufferWriter<byte>
    {
        private byte[] _buffer = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_buffer.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer = new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
