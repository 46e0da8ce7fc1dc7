using System.Text;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Tests;

/// <summary>G-3.7: each record once and in order, through lost answers, failovers, give-ups and brokers that forget.</summary>
public sealed class IdempotentProducerTests
{
    private const string Topic = "orders";

    // One record a batch: what is sent again is then plain to see.
    private static readonly ProducerOptions OneByOne = new() { Linger = TimeSpan.Zero, BatchBytes = 128 };

    // Mutant: PartitionSequence.Number without the look at IsNumbered.
    [Fact]
    public async Task A_record_whose_acknowledgement_was_lost_is_stored_once()
    {
        await using var world = new World();
        await world.SendAsync("warm");
        Task<DeliveryReport>[] sent = await world.HoldAsync("a", "b", "c");

        world.Held[0].Answer(FakeProduceAnswer.AppendAndBreak);
        world.Release();

        Assert.Equal([1, 2, 3], (await Task.WhenAll(sent).DoneAsync()).Select(report => report.Offset));
        Assert.Equal(["warm", "a", "b", "c"], world.Log.Values());
        Assert.Equal(1, world.Log.Duplicates);
        Assert.Equal(Written(world.Held[0]), Written(world.Requests.Single(request => request.Values[0] == "a")));
    }

    // Mutant: ProducerBatch.Retry that takes the numbers off.
    [Fact]
    public async Task Five_batches_on_their_way_survive_a_failover_once_and_in_order()
    {
        await using var world = new World(brokers: 2);
        await world.SendAsync("warm");
        Task<DeliveryReport>[] sent = await world.HoldAsync("a", "b", "c", "d", "e");

        // The old leader has appended three of them, and the new one has two; nobody was told.
        foreach (FakeProduce request in world.Held.Take(2))
        {
            world.Log.TryAppend(request.Batch.ToArray(), out _);
        }

        (world.Log.Leader, world.Log.LeaderEpoch) = (2, 1);
        world.Release();
        world.Cluster[1].Stop();

        Assert.Equal([1, 2, 3, 4, 5], (await Task.WhenAll(sent).DoneAsync()).Select(report => report.Offset));
        Assert.Equal(["warm", "a", "b", "c", "d", "e"], world.Log.Values());
        Assert.Equal(2, world.Log.Duplicates);
    }

    // Mutant: PartitionSequence.OnGivenUp that does nothing; "next" would wait for ever behind the gap.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_give_up_the_producer_goes_on_in_the_next_epoch(bool isStored)
    {
        await using var world = new World();
        await world.SendAsync("warm");
        world.Cluster.OnProduce = request => request.Values[0] == "lost"
            ? isStored ? FakeProduceAnswer.AppendAndTimeOut : FakeProduceAnswer.TimedOut
            : FakeProduceAnswer.Append;

        Task<DeliveryReport> lost = world.Producing("lost");
        await Eventually.TrueAsync(() => world.Cluster[1].ProduceRepliesHandled > 5);
        world.Time.Advance(TimeSpan.FromSeconds(11));
        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => lost.DoneAsync());
        await world.SendAsync("next");
        await world.SendAsync("last");

        Assert.Equal(ErrorCode.RequestTimedOut, failure.Code);
        Assert.Equal(isStored ? ["warm", "lost", "next", "last"] : ["warm", "next", "last"], world.Log.Values());
        Assert.Equal([(0, 0), .. isStored ? [(0, 1)] : Array.Empty<(int, int)>(), (1, 0), (1, 1)], world.Numbers());
    }

    // Mutant: PartitionSequence.CountDoubtful that answers 0; "b" and "c" would be stored twice.
    [Fact]
    public async Task What_may_be_stored_behind_a_batch_that_is_given_up_is_given_up_too_and_not_stored_twice()
    {
        await using var world = new World();
        await world.SendAsync("warm");
        Task<DeliveryReport> first = (await world.HoldAsync("a"))[0];
        world.Time.Advance(TimeSpan.FromSeconds(5));
        Task<DeliveryReport>[] behind = await world.HoldAsync("b", "c");

        // All are stored, and only the last was heard of; then nobody is there any more.
        foreach (FakeProduce request in world.Held)
        {
            world.Log.TryAppend(request.Batch.ToArray(), out _);
        }

        world.Held[2].Reply(3, ErrorCode.None);
        await Eventually.TrueAsync(() => world.Cluster[1].ProduceRepliesHandled >= 2);
        world.Cluster[1].Stop();
        await Eventually.TrueAsync(() => world.Cluster[1].RefusedCalls > 3);
        world.Time.Advance(TimeSpan.FromSeconds(6));
        var failures = new List<RaftStreamException>();
        foreach (Task<DeliveryReport> sent in behind.Prepend(first))
        {
            failures.Add(await Assert.ThrowsAsync<RaftStreamException>(() => sent.DoneAsync()));
        }

        world.Release();
        world.Cluster[1].Start();
        await world.SendAsync("d");

        Assert.Equal(["warm", "a", "b", "c", "d"], world.Log.Values());
        Assert.All(failures, failure => Assert.Equal(ErrorCode.RequestTimedOut, failure.Code));
        Assert.Contains("behind others that were given up", failures[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_given_up_that_was_never_stored_takes_nothing_with_it()
    {
        await using var world = new World();
        await world.SendAsync("warm");
        Task<DeliveryReport> refused = (await world.HoldAsync("a"))[0];
        world.Time.Advance(TimeSpan.FromSeconds(5));
        Task<DeliveryReport>[] behind = await world.HoldAsync("b", "c");
        world.Cluster.OnProduce = request => request.Values[0] == "a" ? FakeProduceAnswer.TooFewReplicas : FakeProduceAnswer.Append;

        // Refused before it was appended; so what came behind it was out of order.
        world.Held[0].Answer(FakeProduceAnswer.TooFewReplicas);
        world.Held[1].Answer(FakeProduceAnswer.Append);
        world.Held[2].Answer(FakeProduceAnswer.Append);
        await Eventually.TrueAsync(() => world.Cluster[1].ProduceRepliesHandled > 5);
        world.Time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<RaftStreamException>(() => refused.DoneAsync());
        await Task.WhenAll(behind).DoneAsync();

        Assert.Equal(["warm", "b", "c"], world.Log.Values());
        Assert.Equal([(0, 0), (1, 0), (1, 1)], world.Numbers());
    }

    // Mutant: PartitionSequence.Judge without the case for a broken chain; "b" and "c" would fail with "bad".
    [Fact]
    public async Task What_is_on_its_way_behind_a_batch_that_is_refused_for_good_is_numbered_anew()
    {
        await using var world = new World();
        await world.SendAsync("warm");
        Task<DeliveryReport>[] sent = await world.HoldAsync("bad", "b", "c");

        world.Held[0].Answer(FakeProduceAnswer.Invalid);
        world.Held[1].Answer(FakeProduceAnswer.Append);
        world.Release();
        world.Held[2].Answer(FakeProduceAnswer.Append);
        await Task.WhenAll(sent[1], sent[2]).DoneAsync();

        Assert.Equal(ErrorCode.InvalidRecord, (await Assert.ThrowsAsync<RaftStreamException>(() => sent[0])).Code);
        Assert.Equal(["warm", "b", "c"], world.Log.Values());
        Assert.Equal([(0, 0), (1, 0), (1, 1)], world.Numbers());
    }

    // Mutant: PartitionSequence.Judge without the case for UNKNOWN_PRODUCER_ID.
    [Fact]
    public async Task A_broker_that_forgot_the_producer_gets_its_next_epoch()
    {
        await using var world = new World();
        await world.SendAsync("a");
        await world.SendAsync("b");

        world.Log.ForgetProducers();
        await world.SendAsync("c");
        await world.SendAsync("d");

        Assert.Equal(["a", "b", "c", "d"], world.Log.Values());
        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1)], world.Numbers());
    }

    // G-3.10. Mutant: OUT_OF_ORDER_SEQUENCE_NUMBER that is always sent again.
    [Fact]
    public async Task A_log_that_lost_acknowledged_records_is_heard_of_once()
    {
        await using var world = new World();
        await world.SendAsync("a");
        await world.SendAsync("b");
        await world.SendAsync("c");

        world.Log.Truncate(1);
        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => world.Producing("d").DoneAsync());
        await world.SendAsync("e");

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, failure.Code);
        Assert.Equal(["a", "e"], world.Log.Values());
    }

    [Fact]
    public async Task A_record_that_the_broker_knows_only_to_be_there_counts_as_stored_at_no_known_offset()
    {
        await using var world = new World();
        world.Cluster.OnProduce = _ => FakeProduceAnswer.DuplicateSequence;

        Assert.Equal(-1, (await world.Producing("a").DoneAsync()).Offset);
    }

    [Fact]
    public async Task An_id_that_has_no_epoch_left_is_given_up_for_another()
    {
        await using var world = new World();
        await world.SendAsync("a");
        world.Cluster.OnProduce = _ => FakeProduceAnswer.OldEpoch;

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => world.Producing("b").DoneAsync());
        world.Cluster.OnProduce = null;
        await world.SendAsync("c");

        Assert.Equal(ErrorCode.InvalidProducerEpoch, failure.Code);
        Assert.Equal(["a", "c"], world.Log.Values());
        Assert.Equal([1001, 1002], world.Log.Headers().Select(header => header.ProducerId));
        Assert.Equal([(0, 0), (0, 0)], world.Numbers());
    }

    [Fact]
    public async Task The_partitions_of_a_producer_share_an_id_that_any_broker_may_give()
    {
        var cluster = new FakeCluster(brokers: 3);
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 3);
        int refusals = 0;
        cluster.OnInitProducerId = node =>
        {
            refusals += node == 2 ? 0 : 1;
            return node == 2 ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
        };
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer();

        for (int i = 0; i < 9; i++)
        {
            await producer.SendAsync(Topic, ProducerRecord.OfText(null, $"{i}") with { Partition = i % 3 }).DoneAsync();
        }

        Assert.Equal(1, cluster.ProducerIds);
        Assert.All(logs, log => Assert.Equal([(1001, 0), (1001, 1), (1001, 2)], log.Headers().Select(header => (header.ProducerId, header.BaseSequence))));
    }

    [Fact]
    public async Task Without_an_id_nothing_is_sent_and_the_report_says_why()
    {
        await using var world = new World();
        int asked = 0;
        world.Cluster.OnInitProducerId = _ =>
        {
            Interlocked.Increment(ref asked);
            return ErrorCode.CoordinatorNotAvailable;
        };
        Task<DeliveryReport> sent = world.Producing("a");
        await Eventually.TrueAsync(() => Volatile.Read(ref asked) > 1);

        world.Time.Advance(TimeSpan.FromSeconds(11));
        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => sent.DoneAsync());

        Assert.Equal(ErrorCode.RequestTimedOut, failure.Code);
        Assert.Contains("COORDINATOR_NOT_AVAILABLE", failure.Message, StringComparison.Ordinal);
        Assert.Empty(world.Log.Values());
    }

    [Theory]
    [InlineData(ProducerAcks.All, 5, null, true)]
    [InlineData(ProducerAcks.All, 5, false, false)]
    [InlineData(ProducerAcks.All, 6, null, false)]
    [InlineData(ProducerAcks.Leader, 5, null, false)]
    public async Task Batches_are_numbered_where_the_options_allow_it(ProducerAcks acks, int inFlight, bool? wanted, bool isNumbered)
    {
        await using var world = new World(options: OneByOne with { Acks = acks, MaxInFlightPerPartition = inFlight, EnableIdempotence = wanted });

        await world.SendAsync("a");

        Assert.Equal(isNumbered, world.Log.Headers()[0].HasProducerId);
        Assert.Equal(isNumbered ? 1 : 0, world.Cluster.ProducerIds);
    }

    [Theory]
    [InlineData(ProducerAcks.Leader, 5)]
    [InlineData(ProducerAcks.None, 5)]
    [InlineData(ProducerAcks.All, 6)]
    public async Task Idempotence_is_not_promised_where_it_cannot_be_kept(ProducerAcks acks, int inFlight)
    {
        await using RaftStreamClient client = new FakeCluster().Connect();

        Assert.Throws<ArgumentException>(() => client.CreateProducer(
            new ProducerOptions { Acks = acks, MaxInFlightPerPartition = inFlight, EnableIdempotence = true }));
    }

    /// <summary>A request's bytes but for those that belong to the broker.</summary>
    private static byte[] Written(FakeProduce request) => request.Batch[RecordBatchHeader.ChecksummedFrom..];

    /// <summary>A cluster, one partition, and a producer that gives a batch up after 10 s of a time that the test makes pass.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly Lock _gate = new();
        private readonly List<FakeProduce> _requests = [];
        private readonly RaftStreamClient _client;
        private readonly Producer _producer;

        public World(int brokers = 1, ProducerOptions? options = null)
        {
            Cluster = new FakeCluster(brokers);
            Log = Cluster.AddTopic(Topic)[0];
            TimeSpan noPause = TimeSpan.FromTicks(1);
            _client = Cluster.Connect(Time, change => change with { RetryBackoff = noPause, RetryBackoffMax = noPause });
            _producer = _client.CreateProducer((options ?? OneByOne) with { DeliveryTimeout = TimeSpan.FromSeconds(10) });
        }

        public ManualTimeProvider Time { get; } = new();

        public FakeCluster Cluster { get; }

        public FakeLog Log { get; }

        /// <summary>Requests that the test has yet to answer, or has answered.</summary>
        public List<FakeProduce> Held { get; } = [];

        /// <summary>Requests that came after <see cref="Release"/>.</summary>
        public IReadOnlyList<FakeProduce> Requests
        {
            get
            {
                lock (_gate)
                {
                    return [.. _requests];
                }
            }
        }

        /// <summary>Epoch and first sequence of what is in the log.</summary>
        public IEnumerable<(int Epoch, int Sequence)> Numbers() =>
            Log.Headers().Select(header => ((int)header.ProducerEpoch, header.BaseSequence));

        public Task<DeliveryReport> Producing(string value) => _producer.SendAsync(Topic, Padded(value)).AsTask();

        public Task<DeliveryReport> SendAsync(string value) => Producing(value).DoneAsync();

        /// <summary>Produces, and waits until all of it is at a broker that says nothing.</summary>
        public async Task<Task<DeliveryReport>[]> HoldAsync(params string[] values)
        {
            int before = Held.Count;
            Cluster.OnProduce = request =>
            {
                lock (_gate)
                {
                    Held.Add(request);
                }

                return FakeProduceAnswer.Hold;
            };
            Task<DeliveryReport>[] sent = [.. values.Select(Producing)];
            await Eventually.TrueAsync(() =>
            {
                lock (_gate)
                {
                    return Held.Count == before + values.Length;
                }
            });
            return sent;
        }

        /// <summary>From now on brokers append.</summary>
        public void Release() => Cluster.OnProduce = request =>
        {
            lock (_gate)
            {
                _requests.Add(request);
            }

            return FakeProduceAnswer.Append;
        };

        public async ValueTask DisposeAsync()
        {
            Task closing = _producer.DisposeAsync().AsTask();
            await Eventually.TrueAsync(() =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return closing.IsCompleted;
            });
            await _client.DisposeAsync();
        }

        // Padded by a header, so that no second record fits the batch.
        private static ProducerRecord Padded(string value) => new()
        {
            Value = Encoding.UTF8.GetBytes(value),
            Headers = new[] { new RecordHeader("padding", new byte[40]) },
        };
    }
}
