using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class DescribeLogDirsTests
{
    [Theory]
    [VersionsOf(ApiKey.DescribeLogDirs)]
    public async Task Null_is_all_logs(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        await broker.CreateAsync("audit");
        await broker.AppendAsync("orders", 1, "a", "b");
        var request = new DescribeLogDirsRequest();
        request.Topics.SetNull();

        DescribeLogDirsResponse response = await broker.CallAsync<DescribeLogDirsResponse>(request, version);

        Assert.Equal(0, response.ErrorCode);
        DescribeLogDirsResponse.DescribeLogDirsResult row = response.Results[0];
        Assert.Equal((1, (short)0, "/data"), (response.Results.Count, row.ErrorCode, row.LogDir));
        Assert.Equal([("audit", 0), ("orders", 0), ("orders", 1)], Partitions(row).Select(one => (one.Topic, one.Partition.PartitionIndex)));
        Assert.All(Partitions(row), one => Assert.Equal((0L, false), (one.Partition.OffsetLag, one.Partition.IsFutureKey)));
        Assert.Equal([0L, 0L], Partitions(row).Take(2).Select(one => one.Partition.PartitionSize));
        Assert.True(Partitions(row)[2].Partition.PartitionSize > 0);
        Assert.Equal((-1L, -1L), (row.TotalBytes, row.UsableBytes)); // memory has no end that is known
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeLogDirs)]
    public async Task Logs_can_be_picked(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 3);
        await broker.CreateAsync("audit");
        var request = new DescribeLogDirsRequest();
        DescribeLogDirsRequest.DescribableLogDirTopic orders = request.Topics.Add();
        orders.Topic = "orders";
        orders.Partitions.AddRange([2, 9]);
        DescribeLogDirsRequest.DescribableLogDirTopic nothing = request.Topics.Add();
        nothing.Topic = "nothing";
        nothing.Partitions.Add(0);

        DescribeLogDirsResponse response = await broker.CallAsync<DescribeLogDirsResponse>(request, version);
        DescribeLogDirsResponse none = await broker.CallAsync<DescribeLogDirsResponse>(new DescribeLogDirsRequest(), version);

        Assert.Equal([("orders", 2)], Partitions(response.Results[0]).Select(one => (one.Topic, one.Partition.PartitionIndex)));
        Assert.Equal((1, 0), (none.Results.Count, none.Results[0].Topics.Count));
    }

    private static List<(string Topic, DescribeLogDirsResponse.DescribeLogDirsPartition Partition)> Partitions(DescribeLogDirsResponse.DescribeLogDirsResult row)
    {
        List<(string, DescribeLogDirsResponse.DescribeLogDirsPartition)> partitions = [];
        foreach (DescribeLogDirsResponse.DescribeLogDirsTopic topic in row.Topics)
        {
            foreach (DescribeLogDirsResponse.DescribeLogDirsPartition partition in topic.Partitions)
            {
                partitions.Add((topic.Name, partition));
            }
        }

        return partitions;
    }
}
