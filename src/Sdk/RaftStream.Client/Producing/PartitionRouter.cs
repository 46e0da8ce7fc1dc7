using System.Threading.Channels;
using RaftStream.Client.Routing;

namespace RaftStream.Client.Producing;

/// <summary>Brings partitions to the sender of their leader: the first time, and after every failure with a pause.</summary>
/// <remarks>One loop owns it; partitions that fail together share one question for metadata.</remarks>
internal sealed class PartitionRouter(
    ProducerContext context,
    RaftStreamClientOptions clientOptions,
    ClusterMetadata metadata,
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
        try
        {
            if (_due.Exists(partition => partition.FailuresInRow > 0 || view.LeaderOf(partition.Name) is null))
            {
                view = await metadata.RefreshAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (RaftStreamException)
        {
            // No broker answers: the partitions pause and ask again; their records run out of time, not out of tries.
        }

        foreach (ProducerPartition partition in _due)
        {
            Route(partition, view);
        }

        _due.Clear();
    }

    private void Route(ProducerPartition partition, ClusterView view)
    {
        // Counted here and set back by the first success: so a leader that refuses again and again is asked more and more slowly.
        partition.FailuresInRow++;
        string? leader = view.LeaderOf(partition.Name);
        if (leader is null)
        {
            Add(partition);
            return;
        }

        topicChanged(partition.Name.Topic);
        partition.Sender = senderTo(leader);
        partition.Resume();
    }
}
