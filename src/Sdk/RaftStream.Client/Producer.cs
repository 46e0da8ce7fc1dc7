using System.Collections.Concurrent;
using RaftStream.Client.Producing;
using RaftStream.Client.Routing;

namespace RaftStream.Client;

/// <summary>Writes records to topics. Make one with <see cref="RaftStreamClient.CreateProducer"/> and share it.</summary>
/// <remarks>
/// Thread-safe. Records of one partition are stored in the order in which they were sent, also when the topic was not known yet, when
/// memory was waited for, and when some had to be sent again, and once, however often they had to be sent: a record is in the log twice
/// only without idempotence (<see cref="ProducerOptions.EnableIdempotence"/>), or when somebody produced it twice.
/// </remarks>
public sealed class Producer : IPartitionScheduler, IAsyncDisposable
{
    private static readonly TimeSpan ShortestSweep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ProducerTopic> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WaitingLine> _lines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, BrokerSender> _senders = new(StringComparer.OrdinalIgnoreCase);
    private readonly RaftStreamClientOptions _clientOptions;
    private readonly ProducerContext _context;
    private readonly ClusterMetadata _metadata;
    private readonly ChannelSet _channels;
    private readonly LingerTimer _lingering;
    private readonly PartitionRouter _router;
    private readonly OwnedLoop _routing;
    private readonly OwnedLoop _sweeping;
    private int _disposed;

    internal Producer(RaftStreamClientOptions clientOptions, ProducerOptions options, ClusterMetadata metadata, BrokerCalls calls, ChannelSet channels)
    {
        _clientOptions = clientOptions;
        _metadata = metadata;
        _channels = channels;
        _context = new ProducerContext(options, clientOptions.TimeProvider, this);
        _lingering = new LingerTimer(options.Linger, clientOptions.TimeProvider);
        _router = new PartitionRouter(_context, clientOptions, metadata, new ProducerIds(calls, metadata), SenderTo, UpdateTopic);
        _routing = new OwnedLoop(_router.RunAsync, _context.Fail);
        _sweeping = new OwnedLoop(SweepAsync, _context.Fail);
    }

    /// <summary>Bytes of records that are not acknowledged yet, as counted against <see cref="ProducerOptions.MemoryBytes"/>.</summary>
    public long UnacknowledgedBytes => _context.Budget.UsedBytes;

    /// <summary>Writes one record and waits for its acknowledgement.</summary>
    /// <exception cref="RaftStreamException">It was refused, or not acknowledged in time, retries included.</exception>
    /// <remarks>
    /// Start many before awaiting the first, or records travel one by one. Cancelling gives up the waiting for memory or
    /// metadata; a record that was taken cannot be taken back. Await the answer once.
    /// </remarks>
    public ValueTask<DeliveryReport> SendAsync(string topic, ProducerRecord record, CancellationToken cancellationToken = default) =>
        _topics.TryGetValue(topic, out ProducerTopic? known)
            ? known.SendAsync(record, cancellationToken)
            : SendToNewTopicAsync(topic, record, cancellationToken);

    /// <summary>Writes one record of text and waits for its acknowledgement.</summary>
    /// <inheritdoc cref="SendAsync(string, ProducerRecord, CancellationToken)"/>
    public ValueTask<DeliveryReport> SendAsync(string topic, string? key, string? value, CancellationToken cancellationToken = default) =>
        SendAsync(topic, ProducerRecord.OfText(key, value), cancellationToken);

    /// <summary>Finds a topic: the way to produce without waiting for, or allocating for, each record.</summary>
    /// <exception cref="RaftStreamException">There is no such topic, or no broker could be reached.</exception>
    public async ValueTask<ProducerTopic> GetTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        _context.ThrowIfClosed();
        if (_topics.TryGetValue(topic, out ProducerTopic? known))
        {
            return known;
        }

        TopicView view = await _metadata.GetTopicAsync(topic, cancellationToken).ConfigureAwait(false);
        return _topics.GetOrAdd(topic, static (name, arguments) => new ProducerTopic(arguments.view, arguments._context, arguments._lines.GetOrAdd(name, static _ => new WaitingLine())), (view, _context, _lines));
    }

    /// <summary>Sends what lingers, and waits for the fate of every record taken so far.</summary>
    /// <remarks>Failures are reported to those who await single records and to the handler, not here.</remarks>
    /// <exception cref="InvalidOperationException">The delivery handler threw.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        List<Task> reported = [];
        foreach (ProducerTopic topic in _topics.Values)
        {
            foreach (ProducerPartition partition in topic.Partitions)
            {
                reported.Add(partition.FlushAsync());
            }
        }

        await _context.UnlessFailedAsync(Task.WhenAll(reported)).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_context.HandlerFailure is { } failure)
        {
            throw new InvalidOperationException("The delivery handler threw: its view of what was delivered may be incomplete.", failure);
        }
    }

    /// <summary>Flushes, then closes the streams. Records that run out of time are reported as failed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _context.Close();
        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            // The router first: it is what makes senders.
            await _routing.DisposeAsync().ConfigureAwait(false);
            await _sweeping.DisposeAsync().ConfigureAwait(false);
            foreach (BrokerSender sender in _senders.Values)
            {
                await sender.DisposeAsync().ConfigureAwait(false);
            }

            _lingering.Dispose();
            _context.Pool.Dispose();
        }
    }

    void IPartitionScheduler.Ready(ProducerPartition partition)
    {
        if (partition.Sender is { } sender)
        {
            sender.Enqueue(partition);
        }
        else
        {
            partition.Reroute(failure: null);
        }
    }

    void IPartitionScheduler.Retry(ProducerPartition partition) => _router.Add(partition);

    void IPartitionScheduler.Opened(ProducerPartition partition, long firstSequence) => _lingering.Add(partition, firstSequence);

    void IPartitionScheduler.Starved()
    {
        foreach (ProducerTopic topic in _topics.Values)
        {
            foreach (ProducerPartition partition in topic.Partitions)
            {
                partition.MakeDue();
            }
        }
    }

    private async ValueTask<DeliveryReport> SendToNewTopicAsync(string topic, ProducerRecord record, CancellationToken cancellationToken)
    {
        // All ask at once, and are taken in the order in which they were sent; who finds the topic known waits behind them.
        Task<ProducerTopic> finding = GetTopicAsync(topic, cancellationToken).AsTask();
#pragma warning disable VSTHRD003 // Begun right here, so that all ask together.
        DeliveryPromise promise = await _lines.GetOrAdd(topic, static _ => new WaitingLine()).EnterAsync(
            async () => await (await finding.ConfigureAwait(false)).AppendAtFrontAsync(record, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
#pragma warning restore VSTHRD003
        return await promise.Task.ConfigureAwait(false);
    }

    private BrokerSender SenderTo(string endpoint) =>
        _senders.GetOrAdd(endpoint, static (key, producer) => new BrokerSender(producer._context, producer._channels, key, producer._clientOptions), this);

    private void UpdateTopic(string topic)
    {
        if (_topics.TryGetValue(topic, out ProducerTopic? known) && _metadata.Current.Topics.TryGetValue(topic, out TopicView? view))
        {
            known.Update(view);
        }
    }

    /// <summary>Gives up what ran out of time, and asks for metadata again when it is old.</summary>
    private async Task SweepAsync(CancellationToken stopping)
    {
        TimeSpan wanted = TimeSpan.FromTicks(Math.Min(_context.Options.DeliveryTimeout.Ticks, _clientOptions.RequestTimeout.Ticks) / 20);
        TimeSpan period = wanted < ShortestSweep ? ShortestSweep : wanted > LongestSweep ? LongestSweep : wanted;
        using var timer = new PeriodicTimer(period, _clientOptions.TimeProvider);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            await SweepOnceAsync(stopping).ConfigureAwait(false);
        }
    }

    private async Task SweepOnceAsync(CancellationToken stopping)
    {
        long now = _clientOptions.TimeProvider.GetTimestamp();
        foreach (BrokerSender sender in _senders.Values)
        {
            sender.CheckStalled(now);
        }

        foreach (ProducerTopic topic in _topics.Values)
        {
            foreach (ProducerPartition partition in topic.Partitions)
            {
                partition.Expire(now);
            }
        }

        await LookAfterSuspectsAsync(now, stopping).ConfigureAwait(false);
        if (!_topics.IsEmpty && _metadata.IsStale)
        {
            try
            {
                await _metadata.RefreshAsync(stopping).ConfigureAwait(false);
            }
            catch (RaftStreamException)
            {
                // Nothing was wrong with the old view; whoever is refused by a broker will insist.
            }

            foreach (string topic in _topics.Keys)
            {
                UpdateTopic(topic);
            }
        }
    }

    /// <summary>A leader that owes answers may hang, or be cut off, while another leads already: nobody but the metadata would tell.</summary>
    private async Task LookAfterSuspectsAsync(long now, CancellationToken stopping)
    {
        List<BrokerSender> suspects = [.. _senders.Values.Where(sender => sender.IsSuspect(now))];
        foreach (BrokerSender suspect in suspects)
        {
            await suspect.GiveUpMovedAsync(_metadata.Current, now).ConfigureAwait(false);
        }

        if (suspects.Count > 0)
        {
            _metadata.RefreshSoon(_clientOptions.SuspectAfter);
        }
    }
}
