using RaftStream.Client.Tests.Fakes;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

/// <summary>A topic's logs are told by their leaders, whichever broker is asked first.</summary>
public class LeaderLogTests
{
    [Fact]
    public async Task Every_leader_is_asked_for_the_partitions_that_it_leads()
    {
        FakeCluster cluster = Cluster();
        await using RaftStreamClient client = cluster.Connect();

        IReadOnlyList<LeaderLog> logs = await client.Admin.DescribeLeaderLogsAsync("t").DoneAsync();

        // Each broker says its own number in the place of the end: a follower's word is not taken.
        Assert.Equal([(0, 1, 1L), (1, 2, 2L), (2, 1, 1L)], logs.Select(log => (log.Partition.Partition, log.Leader, log.Log!.LogEndOffset)));
        Assert.All(logs, log => Assert.Null(log.Error));
    }

    [Fact]
    public async Task A_leader_that_is_gone_is_named_and_the_others_still_tell()
    {
        FakeCluster cluster = Cluster();
        cluster[2].Stop();
        await using RaftStreamClient client = cluster.Connect();

        IReadOnlyList<LeaderLog> logs = await client.Admin.DescribeLeaderLogsAsync("t").DoneAsync();

        Assert.Equal([1L, null, 1L], logs.Select(log => log.Log?.LogEndOffset));
        Assert.Equal(ErrorCode.NetworkException, logs[1].Error!.Code);
        Assert.Contains("node-2:9090", logs[1].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partition_without_leader_and_one_whose_leader_does_not_have_it_say_why()
    {
        FakeCluster cluster = Cluster();
        cluster.Topics["t"].Logs[0].Leader = -1;
        cluster[2].Administer = _ => new DescribeLogsResponse();
        await using RaftStreamClient client = cluster.Connect();

        IReadOnlyList<LeaderLog> logs = await client.Admin.DescribeLeaderLogsAsync("t").DoneAsync();

        Assert.Contains("no leader", logs[0].Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Broker 2 leads no more", logs[1].Error!.Message, StringComparison.Ordinal);
        Assert.Equal(1, logs[2].Log!.LogEndOffset);
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_an_error()
    {
        await using RaftStreamClient client = Cluster().Connect();

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => client.Admin.DescribeLeaderLogsAsync("none").DoneAsync());

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, failure.Code);
    }

    /// <summary>Brokers 1 and 2 hold all partitions of "t"; broker 2 leads partition 1.</summary>
    private static FakeCluster Cluster()
    {
        var cluster = new FakeCluster(brokers: 2);
        cluster.AddTopic("t", partitions: 3)[1].Leader = 2;
        foreach (int node in new[] { 1, 2 })
        {
            cluster[node].Administer = _ => new DescribeLogsResponse
            {
                Logs =
                {
                    Enumerable.Range(0, 3).Select(partition => new DescribedLog
                    {
                        Topic = new TopicRef { Name = "t" },
                        Partition = partition,
                        LogEndOffset = node,
                    }),
                },
            };
        }

        return cluster;
    }
}
