using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>The hot messages allocate nothing once they were used: a number, not a time.</summary>
public sealed class AllocationTests
{
    private static readonly Guid Id = new("11112222-3333-4444-5555-666677778888");

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(13)]
    public void Reading_a_produce_request_again_allocates_nothing(short version)
    {
        var request = new ProduceRequest { TransactionalId = "tx", Acks = -1 };
        for (int topic = 0; topic < 3; topic++)
        {
            ProduceRequest.TopicProduceData data = request.TopicData.Add();
            (data.Name, data.TopicId) = ($"orders-{topic}", Id);
            for (int index = 0; index < 4; index++)
            {
                ProduceRequest.PartitionProduceData partition = data.PartitionData.Add();
                (partition.Index, partition.Records) = (index, new WireBytes(new byte[100]));
            }
        }

        ReadAgainAndAgain(request, new RequestHeader((short)ApiKey.Produce, version, 1, "client"), new ProduceRequest());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(18)]
    public void Reading_a_fetch_request_again_allocates_nothing(short version)
    {
        var request = new FetchRequest { RackId = "r" };
        FetchRequest.FetchTopic topic = request.Topics.Add();
        (topic.Topic, topic.TopicId) = ("orders", Id);
        topic.Partitions.Add();
        topic.Partitions.Add();

        ReadAgainAndAgain(request, new RequestHeader((short)ApiKey.Fetch, version, 1, "client"), new FetchRequest());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(18)]
    public void Writing_a_fetch_response_again_allocates_nothing(short version)
    {
        var response = new FetchResponse();
        var output = new ArrayBufferWriter<byte>(65_536);
        var holes = new FrameHoles();
        object file = new();

        long allocated = SteadyState(() =>
        {
            response.Reset();
            output.ResetWrittenCount();
            holes.Clear();
            FetchResponse.FetchableTopicResponse topic = response.Responses.Add();
            (topic.Topic, topic.TopicId) = ("orders", Id);
            for (int index = 0; index < 4; index++)
            {
                FetchResponse.PartitionData partition = topic.Partitions.Add();
                partition.PartitionIndex = index;
                partition.Records = WireBytes.Hole(1000, file);
            }

            KafkaFrame.WriteResponse(output, response, version, 1, holes);
        });

        Assert.Equal(0, allocated);
    }

    private static void ReadAgainAndAgain(IKafkaMessage written, RequestHeader header, IKafkaMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(output, written, header);
        var strings = new StringCache();

        long allocated = SteadyState(() =>
        {
            var input = new ReadOnlySequence<byte>(output.WrittenMemory);
            KafkaFrame.TryRead(ref input, 1_000_000, out ReadOnlySequence<byte> frame);
            var reader = new KafkaReader(frame, strings: strings);
            RequestHeader read = RequestHeader.Read(ref reader);
            message.Read(ref reader, read.ApiVersion);
            reader.CheckEnd("request");
            message.Reset();
        });

        Assert.Equal(0, allocated);
    }

    private static long SteadyState(Action act)
    {
        for (int i = 0; i < 100; i++)
        {
            act();
        }

        // The compiler's tiers may allocate on this thread now and then; the steady state is the quietest of some rounds.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                act();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
