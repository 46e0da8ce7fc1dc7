using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Grpc.Forwarding;
using RaftStream.Model;

namespace RaftStream.Grpc.Tests.Forwarding;

/// <summary>A client without metadata may ask any broker for any partition.</summary>
public class UnaryForwardingTests
{
    private static readonly int[] Brokers = [2, 3, 4];

    [Fact]
    public async Task Every_broker_takes_and_gives_the_records_of_every_partition()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4);
        foreach (int broker in Brokers)
        {
            for (int partition = 0; partition < 3; partition++)
            {
                ProduceResponse produced = await cluster.Log(broker).ProduceAsync(new ProduceRequest
                {
                    Topic = Door.Named("orders"),
                    Partition = partition,
                    Batch = Door.Batch($"{broker}-{partition}"),
                    CorrelationId = 5,
                });

                Assert.Null(produced.Error);
                Assert.Equal((broker - 2, partition, 5ul), (produced.BaseOffset, produced.Partition, produced.CorrelationId));
            }
        }

        foreach (int broker in Brokers)
        {
            var fetch = new FetchRequest { Partitions = { At(2), At(0), At(1) } };
            FetchResponse found = await cluster.Log(broker).FetchAsync(fetch);
            fetch.Format = RecordFormat.Records;
            FetchResponse decoded = await cluster.Log(broker).FetchAsync(fetch);
            ListOffsetsResponse listed = await cluster.Log(broker).ListOffsetsAsync(new ListOffsetsRequest
            {
                Partitions = { End(1), End(0), End(2), End(9) },
            });

            Assert.Equal([2, 0, 1], found.Partitions.Select(partition => partition.Partition));
            foreach (var (batches, records) in found.Partitions.Zip(decoded.Partitions))
            {
                string[] expected = [.. Brokers.Select(from => $"{from}-{batches.Partition}")];
                Assert.Equal(expected, Door.Values(batches.Batches));
                Assert.Equal(expected, records.Records.Select(record => record.Value.ToStringUtf8()));
                Assert.Equal(3, records.HighWatermark);
            }

            Assert.Equal([1, 0, 2, 9], listed.Partitions.Select(partition => partition.Partition));
            Assert.Equal([3, 3, 3, -1], listed.Partitions.Select(partition => partition.Offset));
            Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", listed.Partitions[3].Error.Name);
        }
    }

    [Fact]
    public async Task A_choice_of_partition_is_over_all_of_them_wherever_they_are()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 3, 3, 3, 3, 3);

        ProduceResponse produced = await cluster.Log(2).ProduceAsync(new ProduceRequest
        {
            Topic = Door.Named("orders"),
            Partition = -1,
            Records = { new Client.V1.Record { Key = ByteString.CopyFromUtf8("21") } },
        });

        Assert.Null(produced.Error);
        Assert.Equal((-973932308 & int.MaxValue) % 5, produced.Partition);
    }

    [Fact]
    public async Task Brokers_call_each_other_where_clients_cannot()
    {
        const int Nowhere = 1;
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);
        await cluster.AddAsync(3, forwarding: null, advertisedPort: Nowhere, isInside: true);
        await cluster.CreateAsync("orders", 3);

        ProduceResponse produced = await cluster.Log(2).ProduceAsync(new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("v") });
        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { Partitions = { At(0) } });

        Assert.Null(produced.Error);
        Assert.Equal(["v"], Door.Values(fetched.Partitions.Single().Batches));
    }

    [Fact]
    public async Task What_the_leader_refuses_the_client_hears()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 3);
        byte[] damaged = Door.Batch("abc").ToByteArray();
        damaged[^1] ^= 1;

        ProduceResponse produced = await cluster.Log(2).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(damaged) });
        FetchResponse fetched = await cluster.Log(2).FetchAsync(
            new FetchRequest { Partitions = { new FetchPartition { Topic = Door.Named("orders"), FetchOffset = 7 } }, MaxWaitMs = 60_000 });

        Assert.Equal("CORRUPT_MESSAGE", produced.Error?.Name);
        Assert.Equal(-1, produced.BaseOffset);
        Assert.Equal("OFFSET_OUT_OF_RANGE", fetched.Partitions.Single().Error?.Name);
    }

    // The wait is for news anywhere: of the one partition that another leads, and of several with different leaders.
    [Theory]
    [InlineData(1)]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(0, 1, 2)]
    public async Task A_fetch_waits_until_news_come_to_any_leader(params int[] partitions)
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4);
        var fetch = new FetchRequest { MaxWaitMs = 60_000, Partitions = { partitions.Select(At) } };

        Task<FetchResponse> waiting = cluster.Log(2).FetchAsync(fetch).ResponseAsync;
        await ProduceAsync(cluster, broker: 4, partition: partitions[^1]);
        FetchResponse fetched = await waiting.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(partitions, fetched.Partitions.Select(partition => partition.Partition));
        Assert.All(fetched.Partitions, partition => Assert.Null(partition.Error));
        Assert.Equal(["v"], Door.Values(fetched.Partitions[^1].Batches));
    }

    [Fact]
    public async Task A_fetch_from_several_leaders_ends_with_its_time()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4);

        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { MaxWaitMs = 20, Partitions = { At(0), At(1), At(2) } });

        Assert.All(fetched.Partitions, partition => Assert.Equal((null, 0, 0L), (partition.Error, partition.Batches.Length, partition.HighWatermark)));
    }

    [Fact]
    public async Task Several_leaders_share_what_the_client_takes()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4);
        for (int i = 0; i < 30; i++)
        {
            await ProduceAsync(cluster, broker: 2, partition: i % 3);
        }

        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { MaxBytes = 600, Partitions = { At(0), At(1), At(2) } });

        Assert.All(fetched.Partitions, partition => Assert.InRange(partition.Batches.Length, 60, 200));
    }

    [Fact]
    public async Task Switched_off_the_client_is_told_where_the_leader_is()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2, forward: false);
        await cluster.CreateAsync("orders", 2, 3);

        await RefusesAsync(cluster, headers: null);
    }

    // Mutant: MayForward without its look at the mark. Two brokers that take each other for the leader would send a request round for ever.
    [Fact]
    public async Task What_was_passed_on_once_is_not_passed_on_again()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 2, 3);

        await RefusesAsync(cluster, new ForwardingMark(new NodeId(3), 0).ToHeaders());
        await RefusesAsync(cluster, new global::Grpc.Core.Metadata { { ForwardingMark.Header, "nonsense" } });
    }

    // Mutant: CatchUpAsync that answers false at once.
    [Fact]
    public async Task Metadata_that_the_other_broker_had_is_waited_for()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2, catchUp: TimeSpan.FromSeconds(30));
        long end = cluster.Nodes.Values.Max(node => node.Api!.Image.EndOffset) + 50;
        global::Grpc.Core.Metadata mark = new ForwardingMark(new NodeId(2), end).ToHeaders();

        // As from a broker that knows the topic already, and more.
        Task<ProduceResponse> produced = cluster.Log(3).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("v") }, mark).ResponseAsync;
        Task<FetchResponse> fetched = cluster.Log(3).FetchAsync(new FetchRequest { Partitions = { At(0) } }, mark).ResponseAsync;
        Task<ListOffsetsResponse> listed = cluster.Log(3).ListOffsetsAsync(new ListOffsetsRequest { Partitions = { End(0) } }, mark).ResponseAsync;
        await cluster.CreateAsync("orders", 3);
        for (int i = 0; cluster.Nodes[3].Api!.Image.EndOffset < end; i++)
        {
            await cluster.CreateAsync($"more-{i}", 3);
        }

        Assert.Null((await produced).Error);
        Assert.Null((await fetched).Partitions.Single().Error);
        Assert.Null((await listed).Partitions.Single().Error);
    }

    [Fact]
    public async Task Metadata_that_does_not_come_is_not_waited_for_forever()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);

        ProduceResponse produced = await cluster.Log(2).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("v") },
            new ForwardingMark(new NodeId(7), 1_000_000).ToHeaders());

        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", produced.Error?.Name);
    }

    [Fact]
    public async Task A_leader_out_of_reach_is_named_and_left_open()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 2, 3);
        await cluster.CloseDoorAsync(3);

        ProduceResponse produced = await cluster.Log(2).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Partition = 1, Batch = Door.Batch("v") });
        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { Partitions = { At(0), At(1) }, MaxWaitMs = 60_000 });
        ListOffsetsResponse listed = await cluster.Log(2).ListOffsetsAsync(new ListOffsetsRequest { Partitions = { End(0), End(1) } });

        Error?[] errors = [produced.Error, fetched.Partitions[1].Error, listed.Partitions[1].Error];
        Assert.All(errors, error => Assert.Equal(("NETWORK_EXCEPTION", 3), (error?.Name, error?.Leader.NodeId)));
        Assert.Null(fetched.Partitions[0].Error);
        Assert.Null(listed.Partitions[0].Error);
    }

    [Fact]
    public async Task The_leader_hears_of_deadline_mark_and_cancellation()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);
        var leader = new FakeLeader();
        await leader.JoinAsync(cluster, 3);
        await cluster.CreateAsync("orders", 3);
        using var cancel = new CancellationTokenSource();
        DateTime deadline = DateTime.UtcNow.AddMinutes(5);

        var produce = new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("v") };
        Task<ProduceResponse> call = cluster.Log(2).ProduceAsync(produce, deadline: deadline, cancellationToken: cancel.Token).ResponseAsync;
        (DateTime seen, string? mark) = await leader.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cancel.CancelAsync();

        Assert.Equal(deadline, seen, TimeSpan.FromSeconds(10));
        Assert.StartsWith("2;", mark, StringComparison.Ordinal);
        await leader.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
    }

    private static async Task RefusesAsync(DoorCluster cluster, global::Grpc.Core.Metadata? headers)
    {
        var produce = new ProduceRequest { Topic = Door.Named("orders"), Partition = 1, Batch = Door.Batch("v") };
        ProduceResponse produced = await cluster.Log(2).ProduceAsync(produce, headers);
        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { Partitions = { At(1) } }, headers);
        ListOffsetsResponse listed = await cluster.Log(2).ListOffsetsAsync(new ListOffsetsRequest { Partitions = { End(1) } }, headers);

        Error?[] errors = [produced.Error, fetched.Partitions[0].Error, listed.Partitions[0].Error];
        foreach (Error? error in errors)
        {
            Assert.Equal("NOT_LEADER_OR_FOLLOWER", error?.Name);
            Assert.Equal((3, 0), (error!.Leader.NodeId, error.Leader.LeaderEpoch));
            Assert.Contains("127.0.0.1:", error.Leader.Endpoint, StringComparison.Ordinal);
        }
    }

    private static async Task ProduceAsync(DoorCluster cluster, int broker, int partition)
    {
        ProduceResponse produced = await cluster.Log(broker).ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Partition = partition, Batch = Door.Batch("v") });
        Assert.Null(produced.Error);
    }

    private static FetchPartition At(int partition) => new() { Topic = Door.Named("orders"), Partition = partition };

    private static ListOffsetsPartition End(int partition) => new() { Topic = Door.Named("orders"), Partition = partition, TimestampMs = -1 };
}
