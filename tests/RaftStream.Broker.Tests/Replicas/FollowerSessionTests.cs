using System.Threading.Channels;
using Grpc.Core;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Replicas.Wire;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests.Replicas;

/// <summary>A follower's stream at its leader, with followers that are wrong and streams that break.</summary>
public sealed class FollowerSessionTests
{
    private readonly FollowerSession _session = new(new PartitionTable(), maxBytes: 1000);
    private readonly Requests _requests = new();
    private readonly Answers _answers = new();

    [Fact]
    public async Task R_6_1_a_topic_that_is_not_known_here_is_said_so()
    {
        Task running = _session.RunAsync(_requests, _answers, CancellationToken.None);
        _requests.Send(Fetch(slot: 7, correlation: 3));

        (int slot, FetchAnswer answer) = await _answers.NextAsync();

        Assert.Equal((7, 3L, ErrorCode.UnknownTopicId), (slot, answer.Correlation, answer.Error));
        _requests.End();
        await running;
    }

    [Fact]
    public async Task A_partition_that_is_refused_is_forgotten_until_it_asks_again()
    {
        // It follows another leader by now, or is gone; the stream may live for months.
        Task running = _session.RunAsync(_requests, _answers, CancellationToken.None);
        for (int round = 1; round <= 3; round++)
        {
            for (int slot = 0; slot < 20; slot++)
            {
                _requests.Send(Fetch(slot, correlation: round));
            }

            for (int slot = 0; slot < 20; slot++)
            {
                Assert.Equal((slot, ErrorCode.UnknownTopicId), await NextAsync());
            }

            Assert.Equal(0, _session.SlotCount);
        }

        _requests.End();
        await running;

        async Task<(int, ErrorCode)> NextAsync()
        {
            (int slot, FetchAnswer answer) = await _answers.NextAsync();
            return (slot, answer.Error);
        }
    }

    [Fact]
    public async Task R_7_4_who_only_tells_its_progress_has_no_answer()
    {
        Task running = _session.RunAsync(_requests, _answers, CancellationToken.None);
        _requests.Send(Fetch(slot: 7, correlation: 3, isProgressOnly: true));
        _requests.Send(Fetch(slot: 8, correlation: 4));

        Assert.Equal(8, (await _answers.NextAsync()).Slot);
        _requests.End();
        await running;
        Assert.False(_answers.HasMore);
    }

    [Fact]
    public async Task When_nothing_can_be_answered_any_more_the_stream_ends()
    {
        // Its fetches would be taken and never answered: the follower would wait for ever.
        _answers.Failure = new InvalidOperationException("the file was cut while it was sent");
        Task running = _session.RunAsync(_requests, _answers, CancellationToken.None);

        _requests.Send(Fetch(slot: 7, correlation: 3));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task L_8_a_follower_that_asks_and_does_not_read_is_read_no_further()
    {
        const int Messages = 300;
        const int InOne = 100;
        _answers.Hold();
        for (int i = 0; i < Messages; i++)
        {
            FollowerFetchesMessage message = Fetch(slot: i * InOne, correlation: 1);
            for (int k = 1; k < InOne; k++)
            {
                message.Fetches.Add(message.Fetches[0] with { Slot = (i * InOne) + k });
            }

            _requests.Send(message);
        }

        Task running = _session.RunAsync(_requests, _answers, CancellationToken.None); // Takes what is there before it returns.

        Assert.InRange(_requests.Taken, 100, 102);

        _answers.Release();
        for (int i = 0; i < Messages * InOne; i++)
        {
            Assert.Equal(i, (await _answers.NextAsync()).Slot);
        }

        _requests.End();
        await running;
    }

    [Fact]
    public async Task A_follower_that_leaves_while_it_is_read_no_further_ends_the_session()
    {
        using var gone = new CancellationTokenSource();
        _answers.Hold();
        FollowerFetchesMessage message = Fetch(slot: 0, correlation: 1);
        message.Fetches.AddRange(Enumerable.Range(1, 20_000).Select(slot => message.Fetches[0] with { Slot = slot }));
        _requests.Send(message);
        Task running = _session.RunAsync(_requests, _answers, gone.Token);

        await gone.CancelAsync();
        _answers.Release(); // as the transport does with a write whose call has ended

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_follower_that_leaves_ends_the_session()
    {
        using var gone = new CancellationTokenSource();
        Task running = _session.RunAsync(_requests, _answers, gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static FollowerFetchesMessage Fetch(int slot, long correlation, bool isProgressOnly = false)
    {
        var message = new FollowerFetchesMessage { Replica = new NodeId(2), BrokerEpoch = new BrokerEpoch(20) };
        message.Fetches.Add(new PartitionFetch(slot, new TopicPartition(new TopicId(Guid.NewGuid()), 0), new FollowerFetch
        {
            Correlation = correlation,
            Replica = message.Replica,
            BrokerEpoch = message.BrokerEpoch,
            LeaderEpoch = new LeaderEpoch(1),
            Offset = Offset.Zero,
            LastFetchedEpoch = LeaderEpoch.Unknown,
            FlushedEnd = Offset.Zero,
            LogStart = Offset.Zero,
            IsProgressOnly = isProgressOnly,
        }));
        return message;
    }

    private sealed class Requests : IAsyncStreamReader<FollowerFetchesMessage>
    {
        private readonly Channel<FollowerFetchesMessage> _messages = Channel.CreateUnbounded<FollowerFetchesMessage>();

        public FollowerFetchesMessage Current { get; private set; } = null!;

        public int Taken { get; private set; }

        public void Send(FollowerFetchesMessage message) => _messages.Writer.TryWrite(message);

        public void End() => _messages.Writer.Complete();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await _messages.Reader.WaitToReadAsync(cancellationToken))
            {
                return false;
            }

            Current = await _messages.Reader.ReadAsync(cancellationToken);
            Taken++;
            return true;
        }
    }

    private sealed class Answers : IServerStreamWriter<FetchedPartitionMessage>
    {
        private readonly Channel<(int Slot, FetchAnswer Answer)> _answers = Channel.CreateUnbounded<(int Slot, FetchAnswer Answer)>();

        private TaskCompletionSource? _held;

        public Exception? Failure { get; set; }

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held!.SetResult();

        public WriteOptions? WriteOptions { get; set; }

        public bool HasMore => _answers.Reader.TryPeek(out _);

        public ValueTask<(int Slot, FetchAnswer Answer)> NextAsync() => _answers.Reader.ReadAsync();

        public Task WriteAsync(FetchedPartitionMessage message)
        {
            if (Failure is { } failure)
            {
                return Task.FromException(failure);
            }

            _answers.Writer.TryWrite((message.Slot, message.Answer));
            return _held?.Task ?? Task.CompletedTask;
        }
    }
}
