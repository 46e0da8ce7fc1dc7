using RaftStream.Broker;
using RaftStream.Broker.Tests;
using RaftStream.Broker.Tests.Clusters;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class DescribeClusterTests
{
    [Theory]
    [VersionsOf(ApiKey.DescribeCluster)]
    public async Task Brokers_are_told_by_the_listener_that_the_client_came_by(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        DescribeClusterResponse plain = await broker.CallAsync<DescribeClusterResponse>(new DescribeClusterRequest(), version);
        DescribeClusterResponse docker = await broker.CallAsync<DescribeClusterResponse>(new DescribeClusterRequest(), version, "DOCKER");
        DescribeClusterResponse other = await broker.CallAsync<DescribeClusterResponse>(new DescribeClusterRequest(), version, "NOWHERE");

        Assert.Equal(0, plain.ErrorCode);
        Assert.Equal(broker.Api.ClusterId.ToString("D"), plain.ClusterId);
        Assert.Equal(1, plain.ControllerId);
        DescribeClusterResponse.DescribeClusterBroker one = plain.Brokers[0];
        Assert.Equal((1, "broker.example", 9092, "zone-a"), (one.BrokerId, one.Host, one.Port, one.Rack));
        Assert.Equal(int.MinValue, plain.ClusterAuthorizedOperations);
        Assert.Equal(("kafka", 29092), (docker.Brokers[0].Host, docker.Brokers[0].Port));
        Assert.Equal(0, other.Brokers.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeCluster)]
    public async Task Operations_are_told_when_asked_for(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        DescribeClusterResponse response = await broker.CallAsync<DescribeClusterResponse>(
            new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true }, version);

        Assert.NotEqual(0, response.ClusterAuthorizedOperations & (1 << 7)); // alter: with it Kafka UI lets ACLs be edited
        Assert.True(response.ClusterAuthorizedOperations > 0);
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeCluster, from: 1)]
    public async Task Only_brokers_can_be_described(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        DescribeClusterResponse controllers = await broker.CallAsync<DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 2 }, version);
        DescribeClusterResponse strange = await broker.CallAsync<DescribeClusterResponse>(new DescribeClusterRequest { EndpointType = 9 }, version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.MismatchedEndpointType), controllers.ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnsupportedEndpointType), strange.ErrorCode);
        Assert.Equal(0, controllers.Brokers.Count);
    }

    [Fact]
    public async Task Fenced_brokers_are_told_when_asked_for()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 300);
        BrokerNode node = await KafkaBrokerAsync(cluster, 2);
        BrokerNode other = await KafkaBrokerAsync(cluster, 3);
        await cluster.CrashAsync(other);
        await Eventually.TrueAsync(() => node.Api!.Image.Brokers.Find(new NodeId(3)) is { Fenced: true });

        DescribeClusterResponse live = await HandlerCalls.CallAsync<DescribeClusterResponse>(node.Api!, new DescribeClusterRequest(), 2);
        DescribeClusterResponse all = await HandlerCalls.CallAsync<DescribeClusterResponse>(
            node.Api!, new DescribeClusterRequest { IncludeFencedBrokers = true }, 2);
        DescribeClusterResponse old = await HandlerCalls.CallAsync<DescribeClusterResponse>(node.Api!, new DescribeClusterRequest(), 1);

        Assert.Equal(2, Assert.Single(Ids(live)));
        Assert.Equal([2, 3], Ids(all));
        Assert.False(all.Brokers[0].IsFenced);
        Assert.True(all.Brokers[1].IsFenced);
        Assert.Equal([2], Ids(old));
    }

    private static List<int> Ids(DescribeClusterResponse response)
    {
        List<int> ids = [];
        foreach (DescribeClusterResponse.DescribeClusterBroker broker in response.Brokers)
        {
            ids.Add(broker.BrokerId);
        }

        return ids;
    }

    private static async Task<BrokerNode> KafkaBrokerAsync(SmallCluster cluster, int id)
    {
        BrokerNode node = await cluster.BrokerAsync(id);
        await node.StartAsync([KafkaEndpoints.Of(KafkaBroker.Listener, "127.0.0.1", 20_000 + id), cluster.ReplicaEndpointOf(node)]);
        return node;
    }
}
