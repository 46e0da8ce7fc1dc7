using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Bytes written down by hand from the protocol's rules; a line break where a field ends that is worth seeing.</summary>
public sealed class GoldenBytesTests
{
    private static readonly Guid Id = new("11112222-3333-4444-5555-666677778888");

    [Fact]
    public void ApiVersions_0_response_with_error_35()
    {
        // E.3 1, 2: header 0, body 0, one row for the key 18 (KIP-511).
        var response = new ApiVersionsResponse { ErrorCode = 35 };
        AddApi(response, 18, 0, 5);

        Assert.Equal(Hex("00000010 00000007 0023 00000001 0012 0000 0005"), Frame(response, version: 0, correlationId: 7));
    }

    [Fact]
    public void ApiVersions_3_response_keeps_the_header_without_tags()
    {
        var response = new ApiVersionsResponse { ThrottleTimeMs = 1, FinalizedFeaturesEpoch = 5 };
        AddApi(response, 3, 0, 13);
        ApiVersionsResponse.SupportedFeatureKey feature = response.SupportedFeatures.Add();
        (feature.Name, feature.MinVersion, feature.MaxVersion) = ("f", 1, 2);

        Assert.Equal(
            Hex("00000027 00000007 0000 02 0003 0000 000D 00 00000001 02 00 08 02 02 66 0001 0002 00 01 08 0000000000000005"),
            Frame(response, version: 3, correlationId: 7));
    }

    [Fact]
    public void ApiVersions_3_request_has_header_2_with_a_plain_client_id()
    {
        // E.3 3: a length of two bytes, then tagged fields of the header.
        var request = new ApiVersionsRequest { ClientSoftwareName = "lib", ClientSoftwareVersion = "2.15" };

        Assert.Equal(
            Hex("00000018 0012 0003 00000007 0003 616263 00 04 6C6962 05 322E3135 00"),
            Frame(request, new RequestHeader(18, 3, 7, "abc")));
    }

    [Fact]
    public void Metadata_requests()
    {
        var all = new MetadataRequest { AllowAutoTopicCreation = true };
        all.Topics.SetNull();
        var one = new MetadataRequest { AllowAutoTopicCreation = true };
        one.Topics.Add().Name = "t";
        var byId = new MetadataRequest { AllowAutoTopicCreation = false, IncludeTopicAuthorizedOperations = true };
        byId.Topics.Add().TopicId = Id;
        byId.Topics[0].Name = null;

        Assert.Equal(Hex("00000001 0001 74"), Body(one, 0));
        Assert.Equal(Hex("FFFFFFFF"), Body(all, 1));
        Assert.Equal(Hex("FFFFFFFF 01"), Body(all, 4));
        Assert.Equal(Hex("00 01 00 00 00"), Body(all, 9));
        Assert.Equal(Hex("02 11112222333344445555666677778888 00 00 00 01 00"), Body(byId, 12));
    }

    [Fact]
    public void Metadata_responses()
    {
        var response = new MetadataResponse { ClusterId = "c", ControllerId = 1 };
        MetadataResponse.MetadataResponseBroker broker = response.Brokers.Add();
        (broker.NodeId, broker.Host, broker.Port) = (1, "h", 9092);
        MetadataResponse.MetadataResponseTopic topic = response.Topics.Add();
        (topic.Name, topic.TopicId) = ("t", Id);
        MetadataResponse.MetadataResponsePartition partition = topic.Partitions.Add();
        (partition.PartitionIndex, partition.LeaderId, partition.LeaderEpoch) = (0, 1, 4);
        partition.ReplicaNodes.AddRange([1, 2]);
        partition.IsrNodes.Add(1);

        Assert.Equal(
            Hex("00000001 00000001 0001 68 00002384  00000001 0000 0001 74 00000001 0000 00000000 00000001 00000002 00000001 00000002 00000001 00000001"),
            Body(response, 0));
        Assert.Equal(
            Hex("00000001 00000001 0001 68 00002384 FFFF  00000001  00000001 0000 0001 74 00 "
                + "00000001 0000 00000000 00000001 00000002 00000001 00000002 00000001 00000001"),
            Body(response, 1));
        Assert.Equal(
            Hex("00000000  02 00000001 02 68 00002384 00 00  02 63  00000001  02 0000 02 74 11112222333344445555666677778888 00 "
                + "02 0000 00000000 00000001 00000004 03 00000001 00000002 02 00000001 01 00  80000000 00  00"),
            Body(response, 12));
    }

    [Fact]
    public void Produce_requests()
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 1000 };
        ProduceRequest.TopicProduceData topic = request.TopicData.Add();
        topic.Name = "t";
        ProduceRequest.PartitionProduceData partition = topic.PartitionData.Add();
        (partition.Index, partition.Records) = (3, new WireBytes(new byte[] { 0xAA, 0xBB, 0xCC }));

        Assert.Equal(Hex("FFFF FFFF 000003E8 00000001 0001 74 00000001 00000003 00000003 AABBCC"), Body(request, 3));
        Assert.Equal(Hex("00 FFFF 000003E8 02 02 74 02 00000003 04 AABBCC 00 00 00"), Body(request, 9));
        topic.TopicId = Id;
        Assert.Equal(Hex("00 FFFF 000003E8 02 11112222333344445555666677778888 02 00000003 04 AABBCC 00 00 00"), Body(request, 13));
    }

    [Fact]
    public void Produce_response_10_names_the_leader_in_tagged_fields()
    {
        var response = new ProduceResponse();
        ProduceResponse.TopicProduceResponse topic = response.Responses.Add();
        topic.Name = "t";
        ProduceResponse.PartitionProduceResponse partition = topic.PartitionResponses.Add();
        (partition.ErrorCode, partition.BaseOffset) = (6, -1);
        (partition.CurrentLeader.LeaderId, partition.CurrentLeader.LeaderEpoch) = (2, 9);
        ProduceResponse.NodeEndpoint node = response.NodeEndpoints.Add();
        (node.NodeId, node.Host, node.Port) = (2, "h", 9092);

        Assert.Equal(
            Hex("02 02 74 02 00000000 0006 FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 01 00 "
                + "01 00 09 00000002 00000009 00  00  00000000  01 00 0D 02 00000002 02 68 00002384 00 00"),
            Body(response, 10));
    }

    [Fact]
    public void Fetch_requests()
    {
        var request = new FetchRequest { MaxWaitMs = 500, MinBytes = 1, MaxBytes = 1024, RackId = "r" };
        FetchRequest.FetchTopic topic = request.Topics.Add();
        (topic.Topic, topic.TopicId) = ("t", Id);
        FetchRequest.FetchPartition partition = topic.Partitions.Add();
        (partition.CurrentLeaderEpoch, partition.FetchOffset, partition.PartitionMaxBytes) = (3, 42, 64);

        Assert.Equal(
            Hex("FFFFFFFF 000001F4 00000001 00000400 00 00000001 0001 74 00000001 00000000 000000000000002A 00000040"),
            Body(request, 4));
        Assert.Equal(
            Hex("FFFFFFFF 000001F4 00000001 00000400 00 00000000 FFFFFFFF 02 11112222333344445555666677778888 "
                + "02 00000000 00000003 000000000000002A FFFFFFFF FFFFFFFFFFFFFFFF 00000040 00 00  01  02 72 00"),
            Body(request, 13));
        request.ReplicaState.ReplicaId = 5;
        Assert.EndsWith(Hex("01 02 72 01 01 0D 00000005 FFFFFFFFFFFFFFFF 00"), Body(request, 15), StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_response_12_with_a_diverging_epoch_and_empty_records()
    {
        // E.3 7: empty bytes, never null.
        var response = new FetchResponse();
        FetchResponse.FetchableTopicResponse topic = response.Responses.Add();
        topic.Topic = "t";
        FetchResponse.PartitionData partition = topic.Partitions.Add();
        (partition.HighWatermark, partition.LastStableOffset, partition.LogStartOffset) = (10, 10, 0);
        (partition.DivergingEpoch.Epoch, partition.DivergingEpoch.EndOffset) = (2, 7);
        partition.AbortedTransactions.SetNull();

        Assert.Equal(
            Hex("00000000 0000 00000000 02 02 74 02 00000000 0000 000000000000000A 000000000000000A 0000000000000000 00 FFFFFFFF 01 "
                + "01 00 0D 00000002 0000000000000007 00  00 00"),
            Body(response, 12));
        Assert.Equal(
            Hex("00000000 00000001 0001 74 00000001 00000000 0000 000000000000000A 000000000000000A FFFFFFFF 00000000"),
            Body(Without(response), 4));
    }

    [Fact]
    public void Smaller_messages()
    {
        Assert.Equal(Hex("FFFF 000003E8"), Body(new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 1000 }, 0));
        Assert.Equal(
            Hex("00 000003E8 FFFFFFFFFFFFFFFF FFFF 00"),
            Body(new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 1000 }, 3));
        Assert.Equal(Hex("01 00000064 FF 00"), Body(new DescribeTopicPartitionsRequest { ResponsePartitionLimit = 100 }, 0));
        Assert.Equal(
            Hex("01 00000064 01 02 74 00000003 00 00"),
            Body(new DescribeTopicPartitionsRequest { ResponsePartitionLimit = 100, Cursor = new() { TopicName = "t", PartitionIndex = 3 } }, 0));
        Assert.Equal(Hex("0005 67726F7570"), Body(new FindCoordinatorRequest { Key = "group" }, 0));
        var batched = new FindCoordinatorRequest();
        batched.CoordinatorKeys.Add("g");
        Assert.Equal(Hex("00 02 02 67 00"), Body(batched, 4));
    }

    private static FetchResponse Without(FetchResponse response)
    {
        response.Responses[0].Partitions[0].DivergingEpoch.Reset();
        return response;
    }

    private static void AddApi(ApiVersionsResponse response, short key, short min, short max)
    {
        ApiVersionsResponse.ApiVersion api = response.ApiKeys.Add();
        (api.ApiKey, api.MinVersion, api.MaxVersion) = (key, min, max);
    }

    private static string Body(IKafkaMessage message, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        message.Write(ref writer, version);
        writer.Flush();
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Frame(IKafkaMessage response, short version, int correlationId)
    {
        var output = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteResponse(output, response, version, correlationId);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Frame(IKafkaMessage request, RequestHeader header)
    {
        var output = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(output, request, header);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static string Hex(string spaced) => spaced.Replace(" ", "", StringComparison.Ordinal);
}
