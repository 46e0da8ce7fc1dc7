using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>Partitions that others lead: hints at the leader (KIP-951), reads from followers (KIP-392), reigns that ended.</summary>
public class ElsewhereTests
{
    [Theory]
    [InlineData(3)] // a follower
    [InlineData(4)] // has no replica
    public async Task Who_produces_at_the_wrong_broker_is_told_the_leader(int broker)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3], [2, 3]);
        for (int version = 3; version <= 13; version++)
        {
            var request = new ProduceRequest { Acks = -1 };
            ProduceTests.Add(request, "orders", cluster.Orders, version, (0, Batches.Of("a")), (1, Batches.Of("a")));

            ProduceResponse answer = await cluster[broker].AskAsync<ProduceResponse>(request, version);

            bool isTold = version >= 10;
            Assert.Equal(2, answer.Responses[0].PartitionResponses.Count);
            foreach (ProduceResponse.PartitionProduceResponse row in answer.Responses[0].PartitionResponses)
            {
                Assert.Equal(KafkaBroker.Code(ErrorCode.NotLeaderOrFollower), row.ErrorCode);
                Assert.Equal(isTold ? (2, cluster.EpochOf(broker, 0)) : (-1, -1), (row.CurrentLeader.LeaderId, row.CurrentLeader.LeaderEpoch));
            }

            Assert.Equal(isTold ? 1 : 0, answer.NodeEndpoints.Count);
            if (isTold)
            {
                ProduceResponse.NodeEndpoint node = answer.NodeEndpoints[0];
                Assert.Equal((2, "broker-2", 9002, "rack-2"), (node.NodeId, node.Host, node.Port, node.Rack));
            }
        }
    }

    [Fact]
    public async Task A_leader_without_the_client_s_listener_is_named_without_an_address()
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);

        ProduceResponse produced = await cluster[3].AskAsync<ProduceResponse>(
            ProduceTests.One("orders", cluster.Orders, 13, Batches.Of("a")), 13, listener: "DOCKER");
        FetchResponse fetched = await cluster[3].AskAsync<FetchResponse>(FetchTests.One("orders", cluster.Orders, 18, 0), 18, listener: "DOCKER");

        Assert.Equal((2, 0), (ProduceTests.Only(produced).CurrentLeader.LeaderId, produced.NodeEndpoints.Count));
        Assert.Equal((2, 0), (FetchTests.Only(fetched).CurrentLeader.LeaderId, fetched.NodeEndpoints.Count));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Who_fetches_at_the_wrong_broker_is_told_the_leader(int broker)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        for (int version = 4; version <= 18; version++)
        {
            FetchResponse answer = await cluster[broker].AskAsync<FetchResponse>(
                FetchTests.One("orders", cluster.Orders, version, 0, maxWaitMs: 300_000), version);

            bool isTold = version >= 16;
            FetchResponse.PartitionData row = FetchTests.Only(answer);
            Assert.Equal((KafkaBroker.Code(ErrorCode.NotLeaderOrFollower), -1L), (row.ErrorCode, row.HighWatermark));
            Assert.Equal(isTold ? (2, cluster.EpochOf(broker, 0)) : (-1, -1), (row.CurrentLeader.LeaderId, row.CurrentLeader.LeaderEpoch));
            Assert.Equal(isTold ? 1 : 0, answer.NodeEndpoints.Count);
            if (isTold)
            {
                FetchResponse.NodeEndpoint node = answer.NodeEndpoints[0];
                Assert.Equal((2, "broker-2", 9002, "rack-2"), (node.NodeId, node.Host, node.Port, node.Rack));
            }
        }
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch, 11)]
    public async Task R_11_5_a_consumer_in_a_follower_s_rack_is_sent_there_and_gets_its_records(int version)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        await cluster.AppendAsync(2, 0, "a", "b");
        FetchRequest request = FetchTests.One("orders", cluster.Orders, version, 0, maxWaitMs: 300_000);
        request.RackId = "rack-3";

        FetchResponse.PartitionData sent = FetchTests.Only(await cluster[2].AskAsync<FetchResponse>(request, version));
        Assert.Equal((0, 3), (sent.ErrorCode, sent.PreferredReadReplica));
        Assert.True(sent.Records.IsEmpty);

        request.MinBytes = 1;
        FetchResponse.PartitionData there = FetchTests.Only(await cluster[3].AskAsync<FetchResponse>(request, version));
        Assert.Equal((0, -1), (there.ErrorCode, there.PreferredReadReplica));
        Assert.Equal(["a", "b"], Batches.Values(there.Records));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("rack-2", 2)]
    [InlineData("rack-4", 2)]
    public async Task Everybody_else_reads_from_the_leader(string rack, int leader)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        await cluster.AppendAsync(2, 0, "a");
        FetchRequest request = FetchTests.One("orders", cluster.Orders, 12, 0);
        request.RackId = rack;

        FetchResponse.PartitionData row = FetchTests.Only(await cluster[leader].AskAsync<FetchResponse>(request, 12));

        Assert.Equal(-1, row.PreferredReadReplica);
        Assert.Equal(["a"], Batches.Values(row.Records));
    }

    [Fact]
    public async Task R_11_6_a_follower_that_is_behind_does_not_make_a_consumer_reset()
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        FetchRequest request = FetchTests.One("orders", cluster.Orders, 12, 99);
        request.RackId = "rack-3";

        Assert.Equal(
            KafkaBroker.Code(ErrorCode.OffsetNotAvailable), FetchTests.Only(await cluster[3].AskAsync<FetchResponse>(request, 12)).ErrorCode);
    }

    [Fact]
    public async Task After_a_change_of_leaders_the_old_reign_is_fenced_and_its_end_is_known()
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        await cluster.AppendAsync(2, 0, "a", "b");
        int old = cluster.EpochOf(3, 0);
        await cluster.CrashAsync(2, 0, others: [3]);
        await cluster.AppendAsync(3, 0, "c");
        int now = cluster.EpochOf(3, 0);
        FetchRequest fetch = FetchTests.One("orders", cluster.Orders, 16, 0);
        fetch.Topics[0].Partitions[0].CurrentLeaderEpoch = old;

        FetchResponse.PartitionData fenced = FetchTests.Only(await cluster[3].AskAsync<FetchResponse>(fetch, 16));
        Assert.Equal(KafkaBroker.Code(ErrorCode.FencedLeaderEpoch), fenced.ErrorCode);
        Assert.Equal((3, now), (fenced.CurrentLeader.LeaderId, fenced.CurrentLeader.LeaderEpoch));

        Assert.Equal((old, 2L), await EpochEndTests.AskAsync(cluster[3], old));
        Assert.Equal((now, 3L), await EpochEndTests.AskAsync(cluster[3], now));
    }

    [Fact]
    public async Task A_partition_without_a_leader_is_not_here_for_every_api()
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([4]);
        await cluster.CrashAsync(4, 0, others: [2]);
        short expected = KafkaBroker.Code(ErrorCode.NotLeaderOrFollower);
        var list = new ListOffsetsRequest { ReplicaId = -1 };
        list.Topics.Add().Name = "orders";
        list.Topics[0].Partitions.Add().Timestamp = -1;

        ProduceResponse produced = await cluster[2].AskAsync<ProduceResponse>(ProduceTests.One("orders", cluster.Orders, 13, Batches.Of("a")), 13);
        FetchResponse fetched = await cluster[2].AskAsync<FetchResponse>(FetchTests.One("orders", cluster.Orders, 18, 0), 18);
        ListOffsetsResponse listed = await cluster[2].AskAsync<ListOffsetsResponse>(list, 9);

        // A Java consumer gives up at LEADER_NOT_AVAILABLE in a Fetch.
        Assert.Equal((expected, -1), (ProduceTests.Only(produced).ErrorCode, ProduceTests.Only(produced).CurrentLeader.LeaderId));
        Assert.Equal((expected, -1), (FetchTests.Only(fetched).ErrorCode, FetchTests.Only(fetched).CurrentLeader.LeaderId));
        Assert.Equal(expected, listed.Topics[0].Partitions[0].ErrorCode);
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata)]
    public async Task A_partition_without_a_leader_is_in_the_metadata_with_its_replicas_offline(int version)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([4]);
        await cluster.CrashAsync(4, 0, others: [2]);
        var request = new MetadataRequest();
        request.Topics.Add().Name = "orders";

        MetadataResponse answer = await cluster[2].AskAsync<MetadataResponse>(request, version);

        Assert.Equal([2, 3], Ids(answer.Brokers));
        Assert.Equal(0, answer.Topics[0].ErrorCode);
        MetadataResponse.MetadataResponsePartition partition = answer.Topics[0].Partitions[0];
        Assert.Equal((KafkaBroker.Code(ErrorCode.LeaderNotAvailable), -1), (partition.ErrorCode, partition.LeaderId));
        Assert.Equal([4], partition.ReplicaNodes.Span.ToArray());
        if (version >= 5)
        {
            Assert.Equal([4], partition.OfflineReplicas.Span.ToArray());
        }
    }

    [Fact]
    public async Task A_leader_that_was_fenced_and_is_about_to_be_replaced_is_none()
    {
        // C-14.8: where a broker leads thousands of partitions, the controller replaces it in pieces.
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        MetadataImage image = broker.Api.Image;
        PartitionState state = image.Topics.Find("orders")!.Partitions[0];
        BrokerRegistration leader = image.Brokers.Find(state.Leader)!;
        MetadataImage fenced = image with { Brokers = new BrokersImage(image.Brokers.ById.SetItem(leader.Id, leader with { Fenced = true })) };

        Assert.Equal((leader.Id, ErrorCode.None), LeaderLook.Of(state, image, KafkaBroker.Listener));
        Assert.Equal((NodeId.None, ErrorCode.LeaderNotAvailable), LeaderLook.Of(state, fenced, KafkaBroker.Listener));
        Assert.Equal((NodeId.None, ErrorCode.ListenerNotFound), LeaderLook.Of(state, image, "NOBODY"));
    }

    [Theory]
    [InlineData(3)] // a follower
    [InlineData(4)] // has no replica
    public async Task Only_leaders_tell_the_producers_of_a_partition(int broker)
    {
        await using DataCluster cluster = await DataCluster.OpenAsync([2, 3]);
        var request = new DescribeProducersRequest();
        DescribeProducersRequest.TopicRequest topic = request.Topics.Add();
        topic.Name = "orders";
        topic.PartitionIndexes.Add(0);

        DescribeProducersResponse answer = await cluster[broker].AskAsync<DescribeProducersResponse>(request, 0);
        DescribeProducersResponse leaders = await cluster[2].AskAsync<DescribeProducersResponse>(request, 0);

        Assert.Equal(KafkaBroker.Code(ErrorCode.NotLeaderOrFollower), answer.Topics[0].Partitions[0].ErrorCode);
        Assert.Equal(0, leaders.Topics[0].Partitions[0].ErrorCode);
    }

    private static List<int> Ids(MessageList<MetadataResponse.MetadataResponseBroker> brokers)
    {
        List<int> ids = [];
        foreach (MetadataResponse.MetadataResponseBroker broker in brokers)
        {
            ids.Add(broker.NodeId);
        }

        return ids;
    }
}
