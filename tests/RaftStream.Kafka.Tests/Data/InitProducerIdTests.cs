using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>InitProducerId for idempotent producers (G-3.1).</summary>
public class InitProducerIdTests
{
    [Theory]
    [VersionsOf(ApiKey.InitProducerId)]
    public async Task Each_producer_gets_an_id_of_its_own_with_epoch_0(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = -1 };

        InitProducerIdResponse first = await broker.Api.AskAsync<InitProducerIdResponse>(request, version);
        InitProducerIdResponse second = await broker.Api.AskAsync<InitProducerIdResponse>(request, version);

        Assert.Equal((0, 0, 0), (first.ErrorCode, first.ProducerEpoch, first.ThrottleTimeMs));
        Assert.True(first.ProducerId >= 0);
        Assert.NotEqual(first.ProducerId, second.ProducerId);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_bump_without_a_transactional_id_is_a_fresh_id(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        InitProducerIdResponse first = await broker.Api.AskAsync<InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = null }, version);

        InitProducerIdResponse bumped = await broker.Api.AskAsync<InitProducerIdResponse>(
            new InitProducerIdRequest { TransactionalId = null, ProducerId = first.ProducerId, ProducerEpoch = first.ProducerEpoch }, version);

        Assert.Equal((0, 0), (bumped.ErrorCode, bumped.ProducerEpoch));
        Assert.NotEqual(first.ProducerId, bumped.ProducerId);
    }

    [Fact]
    public void While_there_is_no_controller_a_producer_asks_again_and_does_not_look_for_a_coordinator() =>
        Assert.Equal(ErrorCode.CoordinatorLoadInProgress, InitProducerIdHandler.ErrorOf(ErrorCode.CoordinatorNotAvailable));

    [Theory]
    [InlineData("tx", -1L, -1, ErrorCode.UnsupportedVersion)] // no transactions: clients stop at this one
    [InlineData("", -1L, -1, ErrorCode.InvalidRequest)]
    [InlineData(null, 7L, -1, ErrorCode.InvalidRequest)]
    [InlineData(null, -1L, 0, ErrorCode.InvalidRequest)]
    public async Task What_is_not_served_is_refused_without_an_id(string? transactionalId, long producer, int epoch, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        InitProducerIdResponse answer = await broker.Api.AskAsync<InitProducerIdResponse>(
            new InitProducerIdRequest { TransactionalId = transactionalId, ProducerId = producer, ProducerEpoch = (short)epoch }, 4);

        Assert.Equal((KafkaBroker.Code(expected), -1L, -1), (answer.ErrorCode, answer.ProducerId, answer.ProducerEpoch));
    }
}
