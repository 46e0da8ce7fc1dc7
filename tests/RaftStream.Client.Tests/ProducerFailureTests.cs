using System.Text;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Client.V1;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Tests;

public sealed class ProducerFailureTests
{
    private const string Topic = "orders";

    // One record a batch: what is sent again is then plain to see.
    private static readonly ProducerOptions OneByOne = new() { Linger = TimeSpan.Zero, BatchBytes = 128 };

    [Fact]
    public async Task Without_idempotence_a_refused_batch_and_those_behind_it_are_sent_again_in_order()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        var deliveries = new Deliveries();
        await using Producer producer = client.CreateProducer(OneByOne with { DeliveryHandler = deliveries, EnableIdempotence = false });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        await WarmUpAsync(producer);
        var held = Hold(cluster);
        Produce(topic, "a", "b", "c");
        await Eventually.TrueAsync(() => held.Count == 3);
        cluster.OnProduce = null;

        // "a" fails, while "b" and "c" are stored: "a" must not end up behind them, so all three go again.
        held[1].Answer(FakeProduceAnswer.Append);
        held[2].Answer(FakeProduceAnswer.Append);
        held[0].Answer(FakeProduceAnswer.NotLeader);
        await producer.FlushAsync().DoneAsync();

        Assert.Equal(["warm", "b", "c", "a", "b", "c"], log.Values());
        Assert.Equal([0, 3, 4, 5], deliveries.Offsets(0));
    }

    [Fact]
    public async Task Nothing_new_is_sent_while_batches_behind_a_refused_one_are_on_their_way()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(OneByOne);
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        await WarmUpAsync(producer);
        var held = Hold(cluster);
        Produce(topic, "a", "b");
        await Eventually.TrueAsync(() => held.Count == 2);
        held[0].Answer(FakeProduceAnswer.NotLeader);
        // "warm" and "a" are dealt with: the producer knows of the refusal before "c" comes.
        await Eventually.TrueAsync(() => cluster[1].ProduceRepliesHandled == 2);
        Produce(topic, "c");

        Assert.Equal(2, held.Count);
        cluster.OnProduce = null;
        held[1].Answer(FakeProduceAnswer.NotLeader);
        await producer.FlushAsync().DoneAsync();

        Assert.Equal(["warm", "a", "b", "c"], log.Values());
    }

    [Fact]
    public async Task A_batch_refused_for_good_fails_alone()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        cluster.OnProduce = request => request.Values[0] == "bad" ? FakeProduceAnswer.Invalid : FakeProduceAnswer.Append;
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(OneByOne);
        var sent = new[] { "a", "bad", "c" }.Select(value => producer.SendAsync(Topic, Padded(value)).AsTask()).ToList();

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => sent[1].DoneAsync());

        Assert.Equal(ErrorCode.InvalidRecord, failure.Code);
        Assert.False(failure.IsRetriable);
        Assert.Contains("INVALID_RECORD", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await sent[0]).Offset);
        Assert.Equal(1, (await sent[2]).Offset);
        Assert.Equal(["a", "c"], log.Values());
    }

    [Fact]
    public async Task Without_idempotence_batches_without_an_answer_are_sent_again_after_the_connection_broke()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        var deliveries = new Deliveries();
        await using Producer producer = client.CreateProducer(OneByOne with { DeliveryHandler = deliveries, EnableIdempotence = false });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        await WarmUpAsync(producer);
        var held = Hold(cluster);
        Produce(topic, "a", "b", "c");
        await Eventually.TrueAsync(() => held.Count == 3);
        cluster.OnProduce = null;

        held[0].Answer(FakeProduceAnswer.AppendAndBreak);
        await producer.FlushAsync().DoneAsync();

        // "a" was stored and its answer lost: it is there twice. Nothing is missing, and the order holds.
        Assert.Equal(["warm", "a", "a", "b", "c"], log.Values());
        Assert.Equal([0, 2, 3, 4], deliveries.Offsets(0));
    }

    [Fact]
    public async Task Records_follow_the_leader()
    {
        var cluster = new FakeCluster(brokers: 3);
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(OneByOne);
        await producer.SendAsync(Topic, null, "at node 1").DoneAsync();

        log.Leader = 3;
        await producer.SendAsync(Topic, null, "at node 3").DoneAsync();
        cluster[3].Stop();
        log.Leader = 2;
        await producer.SendAsync(Topic, null, "at node 2").DoneAsync();

        Assert.Equal(["at node 1", "at node 3", "at node 2"], log.Values());
    }

    [Fact]
    public async Task A_leader_that_comes_back_gets_what_waited_for_it()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(OneByOne);
        await WarmUpAsync(producer);
        cluster[1].Stop();
        var sent = new[] { "a", "b" }.Select(value => producer.SendAsync(Topic, Padded(value)).AsTask()).ToList();
        await Eventually.TrueAsync(() => cluster[1].RefusedCalls > 3);

        cluster[1].Start();
        await Task.WhenAll(sent).DoneAsync();

        Assert.Equal(["warm", "a", "b"], log.Values());
    }

    [Fact]
    public async Task A_topic_made_again_gets_the_records_under_its_new_id()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(OneByOne);
        await WarmUpAsync(producer);

        FakeLog again = cluster.AddTopic(Topic)[0];
        await producer.SendAsync(Topic, null, "new").DoneAsync();

        Assert.Equal(["new"], again.Values());
    }

    [Fact]
    public async Task Full_memory_holds_the_producer_up_until_a_batch_is_acknowledged()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(
            new ProducerOptions
            {
                BatchBytes = 1024,
                MemoryBytes = 4096,
                Linger = TimeSpan.FromSeconds(60),
                MaxInFlightPerPartition = 1, // So one batch is held, whenever the sender comes by.
            });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        var held = Hold(cluster);
        int taken = 0;
        while (topic.TryProduce(OptionalBytes.Null, new byte[90]))
        {
            taken++;
        }

        Assert.InRange(taken, 25, 45);
        Assert.InRange(producer.UnacknowledgedBytes, 3000, 4096);
        ValueTask<ProduceTicket> waiting = topic.ProduceAsync(new ProducerRecord { Value = new byte[90] });
        Assert.False(waiting.IsCompleted);

        await Eventually.TrueAsync(() => held.Count > 0);
        cluster.OnProduce = null;
        held[0].Answer(FakeProduceAnswer.Append);
        await waiting.DoneAsync();
        await producer.FlushAsync().DoneAsync();

        Assert.Equal(taken + 1, log.EndOffset);
        Assert.Equal(0, producer.UnacknowledgedBytes);
    }

    [Fact]
    public async Task Full_memory_gives_up_after_max_block()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster { OnProduce = _ => FakeProduceAnswer.Hold };
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect(time);
        var producer = client.CreateProducer(
            new ProducerOptions { BatchBytes = 1024, MemoryBytes = 4096, MaxBlock = TimeSpan.FromSeconds(7) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        while (topic.TryProduce(OptionalBytes.Null, new byte[90]))
        {
        }

        Task blocked = topic.ProduceAsync(new ProducerRecord { Value = new byte[90] }).AsTask();
        time.Advance(TimeSpan.FromSeconds(7));
        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => blocked.DoneAsync());

        Assert.Equal(ErrorCode.RequestTimedOut, failure.Code);
        Assert.Contains("4096 bytes", failure.Message, StringComparison.Ordinal);
        await DisposeAsync(producer, time);
    }

    [Fact]
    public async Task Records_of_a_partition_without_a_leader_run_out_of_time_with_what_brings_it_one()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster
        {
            OnMetadata = (_, answer) =>
            {
                foreach (Partition partition in answer.Topics.SelectMany(topic => topic.Partitions))
                {
                    partition.Error = new Error { Code = (short)ErrorCode.LeaderNotAvailable, Message = "start broker 7" };
                }

                return answer;
            },
        };
        cluster.AddTopic(Topic)[0].Leader = -1;
        TimeSpan noPause = TimeSpan.FromTicks(1);
        await using RaftStreamClient client =
            cluster.Connect(time, options => options with { RetryBackoff = noPause, RetryBackoffMax = noPause });
        await using Producer producer = client.CreateProducer(OneByOne with { DeliveryTimeout = TimeSpan.FromSeconds(10) });
        Task<DeliveryReport> sent = producer.SendAsync(Topic, null, "late").AsTask();

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return sent.IsCompleted;
        });

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => sent);
        Assert.Equal((ErrorCode.RequestTimedOut, ErrorCode.LeaderNotAvailable), (failure.Code, (failure.InnerException as RaftStreamException)?.Code));
        Assert.Contains("the last failure was: start broker 7", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_no_broker_takes_run_out_of_time()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        TimeSpan noPause = TimeSpan.FromTicks(1);
        await using RaftStreamClient client =
            cluster.Connect(time, options => options with { RetryBackoff = noPause, RetryBackoffMax = noPause });
        await using Producer producer = client.CreateProducer(OneByOne with { DeliveryTimeout = TimeSpan.FromSeconds(10) });
        await WarmUpAsync(producer);
        cluster[1].Stop();
        Task<DeliveryReport> sent = producer.SendAsync(Topic, null, "late").AsTask();
        // No time passes before the batch has failed once: there would be no reason to report.
        await Eventually.TrueAsync(() => cluster[1].RefusedCalls > 0);

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return sent.IsCompleted;
        });

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => sent);
        Assert.Equal(ErrorCode.RequestTimedOut, failure.Code);
        Assert.Contains("node-1:9090", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, producer.UnacknowledgedBytes);
        Assert.Equal(["warm"], log.Values());
    }

    [Fact]
    public async Task A_broker_that_stops_answering_loses_the_connection_and_the_records_go_again()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect(time, options => options with { RequestTimeout = TimeSpan.FromSeconds(3) });
        await using Producer producer = client.CreateProducer(OneByOne with { DeliveryTimeout = TimeSpan.FromHours(10) });
        await WarmUpAsync(producer);
        var held = Hold(cluster);
        Task<DeliveryReport> sent = producer.SendAsync(Topic, null, "a").AsTask();
        await Eventually.TrueAsync(() => held.Count == 1);
        cluster.OnProduce = null;

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return sent.IsCompleted;
        });

        Assert.Equal(1, (await sent).Offset);
        Assert.Equal(["warm", "a"], log.Values());
    }

    // Whatever brokers and connections do: every record is reported once and in order, what is reported as stored is where
    // it was said to be, and offsets of a partition grow with the sequences.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Order_and_reports_survive_random_failures(ulong seed)
    {
        var random = new Prng(seed);
        var cluster = new FakeCluster(brokers: 3);
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 3);
        var gate = new Lock();
        cluster.OnProduce = request =>
        {
            lock (gate)
            {
                switch (random.Next(12))
                {
                    case 0: return FakeProduceAnswer.NotLeader;
                    case 1: return FakeProduceAnswer.Break;
                    case 2: return FakeProduceAnswer.AppendAndBreak;
                    case 3: return FakeProduceAnswer.Invalid;
                    case 4:
                        request.Log.Leader = 1 + random.Next(3);
                        return FakeProduceAnswer.NotLeader;
                    default: return FakeProduceAnswer.Append;
                }
            }
        };
        await using RaftStreamClient client = cluster.Connect();
        var deliveries = new Deliveries();
        await using Producer producer = client.CreateProducer(
            new ProducerOptions { Linger = TimeSpan.FromMilliseconds(1), BatchBytes = 300, MemoryBytes = 16 * 1024, DeliveryHandler = deliveries });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        var tickets = new List<(ProduceTicket Ticket, string Value)>();
        for (int i = 0; i < 1000; i++)
        {
            string value = $"record {i}";
            ProducerRecord record = ProducerRecord.OfText(i % 3 == 0 ? null : $"key {i % 10}", value);
            tickets.Add((await topic.ProduceAsync(record).DoneAsync(), value));
        }

        await producer.FlushAsync().DoneAsync();

        Assert.Equal(1000, deliveries.Count);
        Assert.Equal(0, producer.UnacknowledgedBytes);
        string[][] values = [.. logs.Select(log => log.Values().ToArray())];
        int stored = 0;
        foreach ((ProduceTicket ticket, string value) in tickets)
        {
            (long offset, RaftStreamException? error) = deliveries[ticket];
            if (error is null)
            {
                Assert.Equal(value, values[ticket.Partition][offset]);
                stored++;
            }
            else
            {
                // Refused for good, or behind one that was and may be stored all the same: its first attempt had no answer.
                Assert.Contains(error.Code, new[] { ErrorCode.InvalidRecord, ErrorCode.RequestTimedOut });
            }
        }

        Assert.InRange(stored, 400, 1000);
        Assert.All(values, partition => Assert.Equal(partition.Distinct().Count(), partition.Length));
        for (int partition = 0; partition < 3; partition++)
        {
            IReadOnlyList<long> offsets = deliveries.Offsets(partition);
            Assert.Equal(offsets.Order(), offsets);
        }
    }

    private static async Task WarmUpAsync(Producer producer) => await producer.SendAsync(Topic, null, "warm").DoneAsync();

    // Padded by a header, so that no second record fits the batch.
    private static ProducerRecord Padded(string value) => new()
    {
        Value = Encoding.UTF8.GetBytes(value),
        Headers = new[] { new RecordHeader("padding", new byte[40]) },
    };

    private static void Produce(ProducerTopic topic, params string[] values)
    {
        foreach (string value in values)
        {
            Assert.True(topic.ProduceAsync(Padded(value)).AsTask().IsCompletedSuccessfully);
        }
    }

    private static HeldRequests Hold(FakeCluster cluster)
    {
        var held = new HeldRequests();
        cluster.OnProduce = request =>
        {
            held.Add(request);
            return FakeProduceAnswer.Hold;
        };
        return held;
    }

    private static Task DisposeAsync(Producer producer, ManualTimeProvider time)
    {
        Task disposing = producer.DisposeAsync().AsTask();
        return Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return disposing.IsCompleted;
        });
    }

    private sealed class HeldRequests
    {
        private readonly Lock _gate = new();
        private readonly List<FakeProduce> _requests = [];

        public int Count
        {
            get
            {
                lock (_gate)
                {
                    return _requests.Count;
                }
            }
        }

        public FakeProduce this[int index]
        {
            get
            {
                lock (_gate)
                {
                    return _requests[index];
                }
            }
        }

        public void Add(FakeProduce request)
        {
            lock (_gate)
            {
                _requests.Add(request);
            }
        }
    }
}
