using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class UnregisterBrokerTests
{
    [Fact]
    public async Task A_broker_is_unregistered()
    {
        var asked = new List<NodeId>();
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.OfThree(id =>
        {
            asked.Add(id);
            return null;
        }));

        UnregisterBrokerResponse response = await broker.CallAsync<UnregisterBrokerResponse>(new UnregisterBrokerRequest { BrokerId = 7 }, 0);

        Assert.Equal(0, response.ErrorCode);
        Assert.Null(response.ErrorMessage);
        Assert.Equal([new NodeId(7)], asked);
    }

    [Fact]
    public async Task A_refusal_is_told()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(
            cluster: Quorums.OfThree(_ => new OperationError(ErrorCode.InvalidRequest, "It holds partitions.")));

        UnregisterBrokerResponse response = await broker.CallAsync<UnregisterBrokerResponse>(new UnregisterBrokerRequest { BrokerId = 7 }, 0);

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), response.ErrorCode);
        Assert.Equal("It holds partitions.", response.ErrorMessage);
    }

    [Fact]
    public async Task No_broker_has_a_negative_number()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.OfThree(_ => throw new InvalidOperationException("Asked.")));

        UnregisterBrokerResponse response = await broker.CallAsync<UnregisterBrokerResponse>(new UnregisterBrokerRequest { BrokerId = -1 }, 0);

        Assert.Equal(KafkaBroker.Code(ErrorCode.BrokerIdNotRegistered), response.ErrorCode);
    }
}
