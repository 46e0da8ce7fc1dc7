using System.Threading.Channels;
using RaftStream.Client.Routing;

namespace RaftStream.Client.Producing;

/// <summary>Brings partitions to the sender of their leader: the first time, and after every failure with a pause.</summary>
/// <remarks>One loop owns it; partitions that fail together share one question for metadata.</remarks>
internal sealed class PartitionRouter(
    ProducerContext context,
    RaftStreamClientOptions clientOptions,
    ClusterMetadata metadata,
    ProducerIds ids,
    Func<string, BrokerSender> senderTo,
    Action<string> topicChanged)
{
    private readonly Channel<ProducerPartition> _arrivals =
        Channel.CreateUnbounded<ProducerPartition>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Backoff _backoff = new(clientOptions);
    private readonly PriorityQueue<ProducerPartition, long> _pausing = new();
    private readonly List<ProducerPartition> _due = [];

    /// <summary>Takes a partition whose leader is not known, or whose batches failed.</summary>
    public void Add(ProducerPartition partition) => _arrivals.Writer.TryWrite(partition);

    /// <summary>Runs until <paramref name="stopping"/>.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await WaitAsync(stopping).ConfigureAwait(false);
            TakeDue();
            if (_due.Count > 0)
            {
                await RouteDueAsync(stopping).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for an arrival or the end of the first pause.</summary>
    private async Task WaitAsync(CancellationToken stopping)
    {
        if (!_pausing.TryPeek(out _, out long dueAt))
        {
            await _arrivals.Reader.WaitToReadAsync(stopping).ConfigureAwait(false);
            return;
        }

        double leftMs = Math.Ceiling((dueAt - context.Time.GetTimestamp()) * 1000.0 / context.Time.TimestampFrequency);
        if (leftMs <= 0)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task arrival = _arrivals.Reader.WaitToReadAsync(either.Token).AsTask();
        Task pause = Task.Delay(TimeSpan.FromMilliseconds(leftMs), context.Time, either.Token);
        await Task.WhenAny(arrival, pause).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(arrival, pause).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }

    private void TakeDue()
    {
        while (_arrivals.Reader.TryRead(out ProducerPartition? partition))
        {
            _pausing.Enqueue(partition, context.Time.GetTimestamp() + _backoff.PauseTicks(partition.FailuresInRow));
        }

        long now = context.Time.GetTimestamp();
        while (_pausing.TryPeek(out ProducerPartition? partition, out long dueAt) && dueAt <= now)
        {
            _pausing.Dequeue();
            _due.Add(partition);
        }
    }

    private async Task RouteDueAsync(CancellationToken stopping)
    {
        ClusterView view = metadata.Current;
        RaftStreamException? unreachable = null;
        try
        {
            if (_due.Exists(partition => partition.FailuresInRow > 0 || view.LeaderOf(partition.Name) is null))
            {
                view = await metadata.RefreshAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (RaftStreamException exception)
        {
            unreachable = exception; // No broker answers: the partitions pause and ask again; their records run out of time, not out of tries.
        }

        RaftStreamException? noId = await EnsureIdAsync(stopping).ConfigureAwait(false);
        foreach (ProducerPartition partition in _due)
        {
            Route(partition, view, unreachable, noId);
        }

        _due.Clear();
    }

    /// <summary>Fetches a producer id when a partition that is due needs one: the first, or one in place of that which it has used up.</summary>
    /// <returns>Why there is none.</returns>
    private async Task<RaftStreamException?> EnsureIdAsync(CancellationToken stopping)
    {
        if (_due.TrueForAll(partition => partition.TryBegin(ids.Current)))
        {
            return null;
        }

        try
        {
            await ids.RenewAsync(stopping).ConfigureAwait(false);
            return null;
        }
        catch (RaftStreamException exception)
        {
            return exception;
        }
    }

    private void Route(ProducerPartition partition, ClusterView view, RaftStreamException? unreachable, RaftStreamException? noId)
    {
        // Counted here and set back by the first success: so a leader that refuses again and again is asked more and more slowly.
        partition.FailuresInRow++;
        string? leader = view.LeaderOf(partition.Name);
        bool hasId = partition.TryBegin(ids.Current);
        if (!hasId && noId is not null)
        {
            partition.NoteFailure(noId);
        }

        if (leader is null)
        {
            partition.NoteFailure(unreachable ?? metadata.WhyNoLeader(partition.Name));
        }

        if (leader is null || !hasId)
        {
            Add(partition);
            return;
        }

        topicChanged(partition.Name.Topic);
        partition.Sender = senderTo(leader);
        partition.Resume();
    }
}
