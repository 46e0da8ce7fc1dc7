using RaftStream.Client.Consuming;
using RaftStream.Client.Routing;

namespace RaftStream.Client;

/// <summary>Reads partitions that the application assigns. Make one with <see cref="RaftStreamClient.CreateConsumer"/>.</summary>
/// <remarks>
/// Records of one partition come in the order of their offsets, each once, whatever fails in between; after failures the
/// consumer goes on at its position by itself. Assigning, seeking and pausing are thread-safe and may happen while records
/// are read; only one enumeration may run at a time.
/// </remarks>
public sealed class Consumer : IAsyncDisposable
{
    private readonly ClusterMetadata _metadata;
    private readonly Fetcher _fetcher;
    private readonly ReaderLease _lease;
    private int _disposed;

    internal Consumer(
        RaftStreamClientOptions clientOptions, ConsumerOptions options, ClusterMetadata metadata, BrokerCalls calls, ChannelSet channels)
    {
        _metadata = metadata;
        var queue = new FetchQueue(options.PrefetchBytes);
        _fetcher = new Fetcher(clientOptions, options, metadata, calls, channels, queue);
        _lease = new ReaderLease(new BatchReader(options, queue));
    }

    /// <summary>The partitions that are read, by name.</summary>
    public IReadOnlyList<NamedPartition> Assigned => _fetcher.Assignment.Names;

    /// <summary>Reads these partitions, each from its position, instead of those assigned before.</summary>
    public void Assign(IEnumerable<KeyValuePair<NamedPartition, StartPosition>> partitions) => _fetcher.Assignment.Replace(partitions);

    /// <summary>Reads one partition instead of those assigned before.</summary>
    public void Assign(NamedPartition partition, StartPosition position) => Assign([KeyValuePair.Create(partition, position)]);

    /// <summary>Reads all partitions that a topic has now instead of those assigned before.</summary>
    /// <exception cref="RaftStreamException">There is no such topic, or no broker could be reached.</exception>
    public async Task AssignTopicAsync(string topic, StartPosition position, CancellationToken cancellationToken = default)
    {
        TopicView view = await _metadata.GetTopicAsync(topic, cancellationToken).ConfigureAwait(false);
        Assign(Enumerable.Range(0, view.Partitions.Length).Select(number => KeyValuePair.Create(new NamedPartition(topic, number), position)));
    }

    /// <summary>Goes on reading a partition at another position; records that were read ahead are dropped.</summary>
    /// <exception cref="ArgumentException">The partition is not assigned.</exception>
    public void Seek(NamedPartition partition, StartPosition position) => _fetcher.Assignment.Seek(partition, position);

    /// <summary>Gives out no more records of these partitions until they are resumed; they keep their positions.</summary>
    /// <exception cref="ArgumentException">A partition is not assigned.</exception>
    public void Pause(params IEnumerable<NamedPartition> partitions) => _fetcher.Assignment.SetPaused(partitions, isPaused: true);

    /// <summary>Goes on with paused partitions where they stood.</summary>
    /// <exception cref="ArgumentException">A partition is not assigned.</exception>
    public void Resume(params IEnumerable<NamedPartition> partitions) => _fetcher.Assignment.SetPaused(partitions, isPaused: false);

    /// <summary>
    /// Offset of the next record to be given out; null while a position such as <see cref="StartPosition.End"/> is not known
    /// as an offset yet. While batches are read: the offset after the current batch.
    /// </summary>
    /// <exception cref="ArgumentException">The partition is not assigned.</exception>
    public long? Position(NamedPartition partition) => KnownOrNull(_fetcher.Assignment.CursorOf(partition).Position);

    /// <summary>End, exclusive, of what can be read of a partition, as last heard of; null before the first answer.</summary>
    /// <exception cref="ArgumentException">The partition is not assigned.</exception>
    public long? HighWatermark(NamedPartition partition) => KnownOrNull(_fetcher.Assignment.CursorOf(partition).HighWatermark);

    /// <summary>The records, as long as the consumer lives; waits where there are none. Safe to keep.</summary>
    /// <exception cref="RaftStreamException">
    /// Thrown while moving on: a partition cannot be read on (its topic is gone, its offset out of range with
    /// <see cref="OffsetReset.None"/>, a batch corrupt); a <see cref="LogTruncatedException"/> when what was read is gone. After a seek of that partition the reading may go on.
    /// </exception>
    public IAsyncEnumerable<ConsumedRecord> ConsumeAsync(CancellationToken cancellationToken = default) =>
        new RecordStream(_lease, cancellationToken);

    /// <summary>The records batch by batch, borrowed: the fastest way to read. Each batch is valid until the next move.</summary>
    /// <inheritdoc cref="ConsumeAsync"/>
    public IAsyncEnumerable<ConsumedBatch> ConsumeBatchesAsync(CancellationToken cancellationToken = default) =>
        new BatchStream(_lease, cancellationToken);

    /// <summary>Stops reading; a running enumeration ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _fetcher.DisposeAsync().ConfigureAwait(false);
        _lease.Close();
    }

    private static long? KnownOrNull(long offset) => offset >= 0 ? offset : null;
}
