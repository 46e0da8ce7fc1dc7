using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Grpc.Tests.Forwarding;

namespace RaftStream.Grpc.Tests;

/// <summary>Consumers of another rack than the leader's are sent to a follower in their own, which serves what it knows to be committed .</summary>
public class FollowerReadTests
{
    [Fact]
    public async Task R_11_5_the_leader_names_the_follower_in_the_consumers_rack()
    {
        await using DoorCluster cluster = await OpenAsync();

        ConsumeResponse named = await FirstAsync(cluster, broker: 2, new ConsumeRequest { Rack = "rack-3", Partitions = { At(0) } });

        Assert.Equal(3, named.Records.ReadFrom.NodeId);
        Assert.Null(named.Records.Error);
        Assert.Equal(0, named.Records.Batches.Length);
    }

    [Theory]
    [InlineData("", false, 0)]
    [InlineData("rack-2", false, 0)]
    [InlineData("rack-9", false, 0)]
    [InlineData("rack-3", true, 0)]
    [InlineData("rack-3", false, 1)]
    public async Task Everybody_else_gets_records_of_the_leader(string rack, bool fromLeader, int partition)
    {
        await using DoorCluster cluster = await OpenAsync();
        FetchPartition asked = At(0, partition);
        asked.FromLeader = fromLeader;

        ConsumeResponse read = await FirstAsync(cluster, broker: 2, new ConsumeRequest { Rack = rack, Partitions = { asked } });

        Assert.Null(read.Records.ReadFrom);
        Assert.Equal(["a", "b"], Door.Values(read.Records.Batches));
    }

    [Fact]
    public async Task R_11_6_a_follower_serves_what_is_there_and_what_comes()
    {
        await using DoorCluster cluster = await OpenAsync();
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(3).Consume(new ConsumeRequest { Rack = "rack-3", Partitions = { At(0) } });
        var seen = new List<string>();

        for (bool more = true; seen.Count < 4; more = false)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Null(stream.ResponseStream.Current.Records.Error);
            seen.AddRange(Door.Values(stream.ResponseStream.Current.Records.Batches));
            if (more)
            {
                await ProduceAsync(cluster, 0, "c", "d");
            }
        }

        Assert.Equal(["a", "b", "c", "d"], seen);
    }

    [Fact]
    public async Task R_11_6_a_follower_that_is_behind_says_so_and_nobody_resets()
    {
        await using DoorCluster cluster = await OpenAsync();

        ConsumeResponse refused = await FirstAsync(cluster, broker: 3, new ConsumeRequest { Rack = "rack-3", Partitions = { At(99) } });

        Assert.Equal("OFFSET_NOT_AVAILABLE", refused.Records.Error?.Name);
    }

    private static async Task<DoorCluster> OpenAsync()
    {
        DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateReplicatedAsync("orders", [[2, 3], [2, 4]]);
        for (int partition = 0; partition < 2; partition++)
        {
            await ProduceAsync(cluster, partition, "a", "b");
        }

        return cluster;
    }

    private static async Task ProduceAsync(DoorCluster cluster, int partition, params string[] values)
    {
        ProduceResponse produced = await cluster.Log(2).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Partition = partition, Batch = Door.Batch(values) });
        Assert.Null(produced.Error);
    }

    private static async Task<ConsumeResponse> FirstAsync(DoorCluster cluster, int broker, ConsumeRequest request)
    {
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(broker).Consume(request);
        Assert.True(await stream.ResponseStream.MoveNext(default).WaitAsync(TimeSpan.FromSeconds(30)));
        return stream.ResponseStream.Current;
    }

    private static FetchPartition At(long offset, int partition = 0) => new() { Topic = Door.Named("orders"), Partition = partition, FetchOffset = offset };
}
