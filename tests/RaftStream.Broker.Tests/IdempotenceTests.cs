using System.Buffers;
using System.Text;
using RaftStream.Broker.Producing;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests;

/// <summary>Idempotent producers: what is sent again is in the log once (G-3).</summary>
public sealed class IdempotenceTests
{
    [Fact]
    public async Task G_3_1_no_producer_id_is_given_twice_also_after_a_restart()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        var ids = new HashSet<long>();
        for (int i = 0; i < 1100; i++)
        {
            ProducerIdentity identity = await broker.Api.InitProducerIdAsync(default);
            Assert.Null(identity.Error);
            Assert.Equal(0, identity.Epoch);
            Assert.True(ids.Add(identity.ProducerId));
        }

        await broker.Node.StopAsync();
        await using TestBroker again = await broker.RestartAsync();
        Assert.True(ids.Add((await again.Api.InitProducerIdAsync(default)).ProducerId));
    }

    [Fact]
    public async Task G_3_4_a_batch_that_is_sent_again_gets_its_old_offset_and_is_not_appended()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders");
        Assert.Equal(0, (await broker.ProduceAsync(partition, Batch(0, "a", "b"))).BaseOffset.Value);
        Assert.Equal(2, (await broker.ProduceAsync(partition, Batch(2, "c"))).BaseOffset.Value);

        foreach (RequiredAcks acks in (RequiredAcks[])[RequiredAcks.All, RequiredAcks.Leader, RequiredAcks.None])
        {
            ProduceResult again = await broker.ProduceAsync(partition, Batch(0, "a", "b"), acks);
            Assert.Equal(ErrorCode.None, again.Error);
            Assert.Equal(0, again.BaseOffset.Value);
        }

        Assert.Equal(["a", "b", "c"], await broker.ReadAsync(partition));
    }

    [Fact]
    public async Task G_3_4_a_duplicate_has_the_time_that_the_original_was_given()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders", 1, ("message.timestamp.type", "LogAppendTime"));
        ProduceResult first = await broker.ProduceAsync(partition, Batch(0, "a"));

        ProduceResult again = await broker.ProduceAsync(partition, Batch(0, "a"));

        Assert.True(first.LogAppendTimeMs > 0);
        Assert.Equal(first.LogAppendTimeMs, again.LogAppendTimeMs);
    }

    [Theory]
    [InlineData(5, 0, ErrorCode.UnknownProducerId)]
    [InlineData(7, 5, ErrorCode.OutOfOrderSequenceNumber)]
    public async Task G_3_4_gaps_are_refused_with_a_reason(long producer, int sequence, ErrorCode expected)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders");
        await broker.ProduceAsync(partition, Batch(0, "a"));

        ProduceResult result = await broker.ProduceAsync(partition, Of(producer, 0, sequence == 0 ? 3 : sequence, "b"));

        Assert.Equal(expected, result.Error);
        Assert.Contains(producer.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], await broker.ReadAsync(partition));
    }

    [Fact]
    public async Task Transactional_batches_are_refused()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders");
        using var builder = new RecordBatchBuilder();
        builder.SetProducer(7, 0, 0, isTransactional: true);
        Assert.True(builder.TryAppend(1000, OptionalBytes.Null, "x"u8));

        ProduceResult result = await broker.ProduceAsync(partition, new ReadOnlySequence<byte>(builder.Build().ToArray()));

        Assert.Equal(ErrorCode.InvalidRecord, result.Error);
        Assert.Contains("Transactions", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P_102_each_of_the_last_five_batches_is_known_after_a_restart(bool clean)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders");
        for (int i = 0; i < 6; i++)
        {
            await broker.ProduceAsync(partition, Batch(i, $"value {i}"));
        }

        await (clean ? broker.Node.StopAsync() : broker.Node.DisposeAsync().AsTask());
        await using TestBroker again = await broker.RestartAsync();
        partition = again.Find("orders");

        for (int i = 1; i < 6; i++)
        {
            ProduceResult result = await again.ProduceAsync(partition, Batch(i, $"value {i}"));
            Assert.Equal(i, result.BaseOffset.Value);
        }

        Assert.Equal(ErrorCode.DuplicateSequenceNumber, (await again.ProduceAsync(partition, Batch(0, "value 0"))).Error);
        Assert.Equal(6, (await again.ProduceAsync(partition, Batch(6, "value 6"))).BaseOffset.Value);
        Assert.Equal(7, (await again.ReadAsync(partition)).Count);
    }

    [Fact]
    public async Task G_3_9_a_silent_producer_is_forgotten()
    {
        await using TestBroker broker = await TestBroker.StartAsync(
            options: TestBroker.DefaultOptions with { ProducerExpirationMs = 1, ProducerExpirationCheckMs = 1 });
        BrokerPartition partition = await broker.CreateAsync("orders");
        await broker.ProduceAsync(partition, Batch(0, "a"));

        await Eventually.TrueAsync(() => partition.Cell.Log.Producers.Count == 0);

        Assert.Equal(ErrorCode.UnknownProducerId, (await broker.ProduceAsync(partition, Batch(1, "b"))).Error);
    }

    /// <summary>Of producer 7 in epoch 0.</summary>
    [Fact]
    public async Task The_leader_says_which_producers_it_knows_and_nobody_once_it_leads_no_more()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync("orders");
        await broker.ProduceAsync(partition, Of(9, 2, 0, "a", "b", "c"));
        await broker.ProduceAsync(partition, Of(7, 0, 0, "d"));

        DescribedProducers known = await broker.Api.DescribeProducersAsync(partition);
        await broker.Api.Admin.DeleteTopicsAsync([new TopicReference("orders", TopicId.None)]);
        DescribedProducers gone = await broker.Api.DescribeProducersAsync(partition);

        Assert.Equal(ErrorCode.None, known.Error);
        Assert.Equal([(7L, 0, 0), (9L, 2, 2)], known.Producers.Select(one => (one.ProducerId, (int)one.Epoch, one.LastSequence)));
        Assert.All(known.Producers, one => Assert.Equal((-1, -1L), (one.CoordinatorEpoch, one.TransactionStart.Value)));
        Assert.NotEqual(ErrorCode.None, gone.Error);
        Assert.Empty(gone.Producers);
    }

    internal static ReadOnlySequence<byte> Batch(int sequence, params string[] values) => Of(7, 0, sequence, values);

    internal static ReadOnlySequence<byte> Of(long producer, short epoch, int sequence, params string[] values)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1 << 30 });
        builder.SetProducer(producer, epoch, sequence);
        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(1000, OptionalBytes.Null, Encoding.UTF8.GetBytes(value)));
        }

        return new ReadOnlySequence<byte>(builder.Build().ToArray());
    }
}
