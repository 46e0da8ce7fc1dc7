using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

public class ProduceAndFetchTests
{
    [Theory]
    [InlineData("os")]
    [InlineData("commit")]
    public async Task What_was_produced_is_read_back_in_order(string flush)
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", flush));

        Assert.Equal(0, (await broker.AppendAsync(orders, "a", "b")).Value);
        Assert.Equal(2, (await broker.AppendAsync(orders, "c")).Value);

        Assert.Equal(["a", "b", "c"], await broker.ReadAsync(orders));
    }

    [Theory]
    [InlineData("os", true)]
    [InlineData("commit", true)]
    [InlineData("commit", false)]
    [InlineData("os", false)]
    public async Task It_is_there_after_a_restart(string flush, bool clean)
    {
        var files = new MemoryFileSystem();
        await using (var before = await TestBroker.StartAsync(files))
        {
            BrokerPartition orders = await before.CreateAsync("orders", configs: ("flush", flush));
            await before.AppendAsync(orders, "a", "b");
            if (clean)
            {
                await before.Node.StopAsync();
            }
        }

        await using var broker = await TestBroker.StartAsync(files);

        BrokerPartition found = broker.Find("orders");
        Assert.Equal(["a", "b"], await broker.ReadAsync(found));
        Assert.Equal(2, (await broker.AppendAsync(found, "c")).Value);
    }

    [Theory]
    [InlineData("__consumer_offsets", RequiredAcks.All)]
    [InlineData("__transaction_state", RequiredAcks.None)]
    public async Task R_4_1_clients_do_not_write_to_topics_of_the_cluster_itself(string topic, RequiredAcks acks)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerPartition partition = await broker.CreateAsync(topic);

        ProduceResult refused = await broker.ProduceAsync(partition, TestBroker.Batch("mine"), acks);

        Assert.Equal(ErrorCode.InvalidTopicException, refused.Error);
        Assert.Contains("the cluster's own", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, partition.Cell.Log.LogEndOffset.Value);
    }
}
