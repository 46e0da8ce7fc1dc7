using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;

namespace RaftStream.Grpc.Tests.Forwarding;

/// <summary>Produce and consume streams of a client that knows nothing of leaders.</summary>
public class StreamForwardingTests
{
    // What all buffers between two neighbours may hold together: windows, sockets, one message in hand.
    private const int RoomBytes = 16 << 20;

    [Fact]
    public async Task A_produce_stream_reaches_all_leaders_in_order()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4, 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();
        Task<List<ProduceResponse>> answers = ReadAllAsync(stream.ResponseStream);

        for (int i = 0; i < 400; i++)
        {
            await stream.RequestStream.WriteAsync(Request(partition: i % 4, i));
        }

        await stream.RequestStream.CompleteAsync();

        Assert.Equal(Enumerable.Range(0, 400).Select(i => (ulong)i), (await answers).Select(answer => answer.CorrelationId).Order());
        Assert.All(await answers, answer =>
        {
            Assert.Null(answer.Error);
            Assert.Equal((int)answer.CorrelationId % 4, answer.Partition);
            Assert.Equal((long)answer.CorrelationId / 4, answer.BaseOffset);
        });
        for (int partition = 0; partition < 4; partition++)
        {
            Assert.Equal(Enumerable.Range(0, 100).Select(i => Text((4 * i) + partition)), await ReadAsync(cluster, partition));
        }
    }

    [Fact]
    public async Task Requests_with_acks_0_are_there_before_the_stream_ends()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();

        for (int i = 0; i < 50; i++)
        {
            ProduceRequest request = Request(partition: 0, i);
            request.Acks = Acks.None;
            await stream.RequestStream.WriteAsync(request);
        }

        await stream.RequestStream.CompleteAsync();

        Assert.Empty(await ReadAllAsync(stream.ResponseStream));
        Assert.Equal(Enumerable.Range(0, 50).Select(Text), await ReadAsync(cluster, 0));
    }

    [Fact]
    public async Task A_stream_goes_on_without_a_leader_that_is_gone()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();
        for (int i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(Request(partition: i, i));
            Assert.True(await stream.ResponseStream.MoveNext(default));
            Assert.Null(stream.ResponseStream.Current.Error);
        }

        await cluster.CloseDoorAsync(3);
        var errors = new Dictionary<int, Error?>();
        for (int i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(Request(partition: i, 3 + i));
            Assert.True(await stream.ResponseStream.MoveNext(default));
            errors[stream.ResponseStream.Current.Partition] = stream.ResponseStream.Current.Error;
        }

        Assert.Equal(("NETWORK_EXCEPTION", 3), (errors[1]?.Name, errors[1]?.Leader.NodeId));
        Assert.Null(errors[0]);
        Assert.Null(errors[2]);
    }

    [Fact]
    public async Task Mistakes_are_told_as_by_the_leader()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();
        byte[] damaged = Door.Batch("abc").ToByteArray();
        damaged[^1] ^= 1;

        await stream.RequestStream.WriteAsync(new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(damaged) });
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal("CORRUPT_MESSAGE", stream.ResponseStream.Current.Error?.Name);
        await stream.RequestStream.WriteAsync(new ProduceRequest { Topic = Door.Named("orders"), Partition = 1, Batch = Door.Batch("v") });
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", stream.ResponseStream.Current.Error?.Name);
    }

    // Mutant: ProduceRelay.SendAsync that does not await the write: the requests pile up here, or are sent from memory that is gone.
    [Fact]
    public async Task A_slow_leader_makes_the_producer_wait()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);
        var leader = new FakeLeader();
        await leader.JoinAsync(cluster, 3);
        await cluster.CreateAsync("orders", 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();
        const int Requests = 80;
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Requests; i++)
            {
                await stream.RequestStream.WriteAsync(
                    new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch(new string('x', 1 << 20)), CorrelationId = (ulong)i });
                Interlocked.Increment(ref written);
            }

            await stream.RequestStream.CompleteAsync();
        });

        for (int read = 0; read < Requests; read++)
        {
            Assert.InRange(Volatile.Read(ref written), 0, read + (RoomBytes >> 20));
            await leader.Permits.Writer.WriteAsync(true);
            Assert.True(await stream.ResponseStream.MoveNext(default));
            Assert.Equal((ulong)read, stream.ResponseStream.Current.CorrelationId);
        }

        await leader.Permits.Writer.WriteAsync(true);
        await writing;
        Assert.False(await stream.ResponseStream.MoveNext(default));
    }

    [Theory]
    [InlineData(RecordFormat.Batches)]
    [InlineData(RecordFormat.Records)]
    public async Task A_consume_stream_reads_from_all_leaders_what_is_there_and_what_comes(RecordFormat format)
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4, 4);
        var request = new ConsumeRequest { Format = format };
        request.Partitions.Add(Enumerable.Range(0, 4).Select(At));
        using var cancel = new CancellationTokenSource();
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(2).Consume(request, cancellationToken: cancel.Token);
        var seen = Enumerable.Range(0, 4).Select(_ => new List<string>()).ToArray();

        for (int i = 0; i < 40; i++)
        {
            await ProduceAsync(cluster, broker: 2 + (i % 3), partition: i % 4, i);
        }

        for (int i = 40; seen.Sum(values => values.Count) < 80;)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            PartitionRecords records = stream.ResponseStream.Current.Records;
            Assert.Null(records.Error);
            seen[records.Partition].AddRange(
                format == RecordFormat.Batches ? Door.Values(records.Batches) : records.Records.Select(record => record.Value.ToStringUtf8()));
            for (; i < 80; i++)
            {
                await ProduceAsync(cluster, broker: 4, partition: i % 4, i);
            }
        }

        for (int partition = 0; partition < 4; partition++)
        {
            Assert.Equal(Enumerable.Range(0, 20).Select(i => Text((4 * i) + partition)), seen[partition]);
        }
    }

    [Fact]
    public async Task Silence_is_broken_by_the_heartbeats_of_all_leaders()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 2);
        await cluster.CreateAsync("orders", 2, 3);
        var request = new ConsumeRequest { HeartbeatMs = 10, Partitions = { At(0), At(1) } };
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(2).Consume(request);

        var seen = new HashSet<int>();
        while (seen.Count < 2)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            seen.Add(stream.ResponseStream.Current.Records.Partition);
            Assert.Equal(0, stream.ResponseStream.Current.Records.HighWatermark);
        }
    }

    [Fact]
    public async Task Each_partition_ends_with_its_own_error_and_the_stream_with_the_last()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 3);
        await cluster.CreateAsync("orders", 2, 3, 4, 4);
        FetchPartition beyond = At(2);
        beyond.FetchOffset = 17;
        var request = new ConsumeRequest { Partitions = { At(1), beyond, At(3), At(9) } };
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(2).Consume(request);
        var errors = new Dictionary<int, string>();

        for (int i = 0; i < 2; i++)
        {
            await NoteAsync();
        }

        await cluster.CloseDoorAsync(3);
        await cluster.CloseDoorAsync(4);
        await NoteAsync();
        await NoteAsync();

        Assert.False(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(
            new Dictionary<int, string>
            {
                [1] = "NETWORK_EXCEPTION",
                [2] = "OFFSET_OUT_OF_RANGE",
                [3] = "NETWORK_EXCEPTION",
                [9] = "UNKNOWN_TOPIC_OR_PARTITION",
            },
            errors);

        async Task NoteAsync()
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            PartitionRecords records = stream.ResponseStream.Current.Records;
            errors.Add(records.Partition, records.Error.Name);
        }
    }

    // Mutant: ConsumeRelay that does not wait for the client's stream to take an answer.
    [Fact]
    public async Task A_slow_consumer_makes_the_leader_wait()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);
        var leader = new FakeLeader();
        await leader.JoinAsync(cluster, 3);
        await cluster.CreateAsync("orders", 3);
        using AsyncServerStreamingCall<ConsumeResponse> stream = cluster.Log(2).Consume(new ConsumeRequest { Partitions = { At(0) } });

        for (int read = 1; read <= 12; read++)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            for (int turn = 0; turn < 50_000; turn++)
            {
                await Task.Yield(); // everybody else is faster than this client
            }

            Assert.InRange(leader.Sent, 0, read + (RoomBytes / FakeLeader.AnswerBytes));
        }
    }

    // Mutant: WatchedLeader.Look that never gives up: the requests wait for a broker that leads nothing any more.
    [Fact]
    public async Task Requests_to_a_leader_that_hangs_end_when_it_leads_no_more()
    {
        await using DoorCluster cluster = await DoorCluster.OpenAsync(brokers: 1);
        var leader = new FakeLeader();
        await leader.JoinAsync(cluster, 3);
        await cluster.CreateAsync("orders", 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = cluster.Log(2).ProduceStream();
        await stream.RequestStream.WriteAsync(Request(partition: 0, 1));
        Task<ProduceResponse> single = cluster.Log(2).ProduceAsync(Request(partition: 0, 2)).ResponseAsync;
        await leader.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));

        // The broker itself goes silent, and what speaks for it at its address stays as it is.
        await cluster.Nodes[3].DisposeAsync();

        Assert.True(await stream.ResponseStream.MoveNext(default).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("NOT_LEADER_OR_FOLLOWER", stream.ResponseStream.Current.Error?.Name);
        Assert.Equal("NOT_LEADER_OR_FOLLOWER", (await single).Error?.Name);
        Assert.Equal("LEADER_NOT_AVAILABLE", (await cluster.Log(2).ProduceAsync(Request(partition: 0, 3))).Error?.Name);
    }

    private static ProduceRequest Request(int partition, int number) => new()
    {
        Topic = Door.Named("orders"),
        Partition = partition,
        Batch = Door.Batch(Text(number)),
        CorrelationId = (ulong)number,
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static FetchPartition At(int partition) => new() { Topic = Door.Named("orders"), Partition = partition };

    private static async Task ProduceAsync(DoorCluster cluster, int broker, int partition, int number) =>
        Assert.Null((await cluster.Log(broker).ProduceAsync(Request(partition, number))).Error);

    private static async Task<List<string>> ReadAsync(DoorCluster cluster, int partition)
    {
        FetchResponse fetched = await cluster.Log(2).FetchAsync(new FetchRequest { Partitions = { At(partition) } });
        return Door.Values(fetched.Partitions.Single().Batches);
    }

    private static async Task<List<ProduceResponse>> ReadAllAsync(IAsyncStreamReader<ProduceResponse> stream)
    {
        var answers = new List<ProduceResponse>();
        while (await stream.MoveNext(default))
        {
            answers.Add(stream.Current);
        }

        return answers;
    }
}
