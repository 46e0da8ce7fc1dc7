using System.Collections.Immutable;
using System.Net;
using RaftStream.Metadata.Images;
using RaftStream.Raft;
using RaftStream.Server.Settings;
using RaftStream.Server.Startup;

namespace RaftStream.Server.Tests.Startup;

/// <summary>What a broker tells the cluster of where it is.</summary>
public sealed class BrokerEndpointsTests
{
    private static readonly (string Host, int Port) Clients = ("localhost", 19091);

    [Fact]
    public void A_node_of_its_own_is_there_for_clients_only()
    {
        BrokerEndpoint[] expected = [new("GRPC", "localhost", 19091)];

        Assert.Equal(expected, BrokerEndpoints.Of(Settings(), Clients, kafka: [], replica: null));
    }

    [Fact]
    public void Other_brokers_come_where_clients_come_unless_told_otherwise()
    {
        BrokerEndpoint[] expected = [new("GRPC", "localhost", 19091), new("GRPC-INTERNAL", "localhost", 19091), new("REPLICA", "localhost", 19091)];

        Assert.Equal(expected, BrokerEndpoints.Of(Member(), Clients, kafka: [], replica: null));
    }

    [Theory]
    [InlineData("broker-1.cluster:9090", "broker-1.cluster")]
    [InlineData("[::1]:9090", "::1")]
    public void The_internal_endpoint_is_for_brokers_followers_among_them_when_there_is_no_port_of_their_own(string setting, string host)
    {
        ServerSettings settings = Member() with { InternalEndpoint = setting };

        BrokerEndpoint[] shared = [new("GRPC", "localhost", 19091), new("GRPC-INTERNAL", host, 9090), new("REPLICA", host, 9090)];
        Assert.Equal(shared, BrokerEndpoints.Of(settings, Clients, kafka: [], replica: null));
        BrokerEndpoint[] separate = [new("GRPC", "localhost", 19091), new("GRPC-INTERNAL", host, 9090), new("REPLICA", "b1", 9091)];
        Assert.Equal(separate, BrokerEndpoints.Of(settings, Clients, kafka: [], new RaftEndpoint("b1", 9091)));
    }

    [Fact]
    public void Kafka_listeners_are_told_one_by_one_with_the_address_in_use_unless_another_is_advertised()
    {
        ImmutableArray<BrokerEndpoint> kafka = KafkaParts.EndpointsOf(
            [
                new("PLAINTEXT", new IPEndPoint(IPAddress.Loopback, 9092), HasTls: false, Advertised: null),
                new("DOCKER", new IPEndPoint(IPAddress.Any, 9092), HasTls: true, ("broker-1", 19092)),
            ]);

        BrokerEndpoint[] expected = [new("KAFKA:PLAINTEXT", "127.0.0.1", 9092), new("KAFKA:DOCKER", "broker-1", 19092)];
        Assert.Equal(expected, kafka);
        Assert.Equal<BrokerEndpoint>([new("GRPC", "localhost", 19091), .. expected], BrokerEndpoints.Of(Settings(), Clients, kafka, replica: null));
        Assert.Equal(expected, BrokerEndpoints.Of(Member(), Clients, kafka, replica: null).TakeLast(2));
    }

    private static ServerSettings Settings() => new() { DataDirectory = "data" };

    private static ServerSettings Member() => Settings() with
    {
        Roles = ProcessRoles.Broker,
        Quorum = new QuorumSettings { BootstrapServers = [new RaftEndpoint("c1", 9091)] },
    };
}
