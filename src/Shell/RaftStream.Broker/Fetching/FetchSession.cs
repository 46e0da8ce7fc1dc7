using System.Runtime.CompilerServices;
using RaftStream.Broker.Admin;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Threads;
using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>One fetch over any number of partitions: reads, and when there is too little, parks and reads again .</summary>
/// <remarks>
/// Reusable; allocates nothing once it has grown. <see cref="Clear"/>, <see cref="Add"/> partitions, <see cref="ReadAsync"/>,
/// send <see cref="this[int]"/>, <see cref="Release"/>. One owner; not thread-safe.
/// </remarks>
public sealed class FetchSession : IFetchWaiter
{
    private readonly BrokerLimits _limits;
    private readonly ChangeableConfigs _configs;
    private readonly TimerWheel _timers;
    private readonly BrokerMetrics _metrics;
    private readonly Signal _news = new();
    private readonly List<Asked> _asked = [];
    private readonly List<PartitionRead> _reads = [];
    private int _generation;

    internal FetchSession(BrokerLimits limits, ChangeableConfigs configs, TimerWheel timers, BrokerMetrics metrics)
    {
        _limits = limits;
        _configs = configs;
        _timers = timers;
        _metrics = metrics;
    }

    /// <summary>Partitions asked for.</summary>
    public int Count => _asked.Count;

    /// <summary>Bytes of batches that the last read found.</summary>
    public long FoundBytes { get; private set; }

    /// <summary>What was read, in the order in which the partitions were added; valid until <see cref="Release"/>.</summary>
    public PartitionRead this[int index] => _reads[index];

    /// <summary>Begins a new fetch.</summary>
    public void Clear()
    {
        Release();
        _asked.Clear();
    }

    /// <summary>Asks for a partition.</summary>
    public void Add(BrokerPartition partition, in FetchPosition position)
    {
        Invariant.Check(partition.Exists);
        _asked.Add(new Asked(partition.Cell, position));
    }

    /// <summary>Reads all partitions; waits until there are <paramref name="minBytes"/>, an error, or the time is over.</summary>
    /// <param name="maxWaitMs">Longest wait, milliseconds.</param>
    /// <param name="minBytes">0 and 1 are the same: anything.</param>
    /// <param name="maxBytes">Over all partitions; 0 is the default. The first batch found comes whole in any case.</param>
    /// <exception cref="OperationCanceledException">The caller is gone; nothing is held then.</exception>
    public ValueTask ReadAsync(int maxWaitMs, int minBytes, int maxBytes, CancellationToken cancellationToken)
    {
        long deadlineMs = _timers.NowMs + Math.Clamp(maxWaitMs, 0, _limits.MaxFetchWaitMs);
        int most = _configs.Current.MaxFetchBytes;
        int budget = maxBytes <= 0 ? most : Math.Min(maxBytes, most);
        int enough = Math.Clamp(minBytes, 1, budget);
        if (!ReadOnce(enough, budget) && _timers.NowMs < deadlineMs)
        {
            return ReadLaterAsync(enough, budget, deadlineMs, cancellationToken);
        }

        _metrics.Fetched(FoundBytes);
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets go of the files that the last read pinned.</summary>
    public void Release()
    {
        foreach (PartitionRead read in _reads)
        {
            read.Dispose();
        }

        _reads.Clear();
    }

    void IFetchWaiter.OnWake(int index, int generation, ErrorCode error)
    {
        if (generation == Volatile.Read(ref _generation))
        {
            _news.Set();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadLaterAsync(int enough, int budget, long deadlineMs, CancellationToken cancellationToken)
    {
        do
        {
            Park(enough - (int)FoundBytes, deadlineMs);
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!ReadOnce(enough, budget) && _timers.NowMs < deadlineMs);

        _metrics.Fetched(FoundBytes);
    }

    /// <summary>True when the answer can leave: enough bytes, or an error or a divergence that the caller must hear of.</summary>
    private bool ReadOnce(int minBytes, int budget)
    {
        Release();
        FoundBytes = 0;
        bool mustAnswer = _asked.Count == 0;
        foreach (Asked asked in _asked)
        {
            int wanted = asked.Position.MaxBytes <= 0 ? _limits.DefaultPartitionFetchBytes : asked.Position.MaxBytes;
            int left = (int)Math.Max(0, budget - FoundBytes);
            PartitionRead read = PartitionReader.Read(
                asked.Cell, asked.Position, Math.Min(wanted, left), atLeastOneBatch: FoundBytes == 0);
            _reads.Add(read);
            FoundBytes += read.Error == ErrorCode.None && read.Diverging is null ? read.Slice.Length : 0;

            // Where there is more than this read may take (or another segment), waiting brings nothing.
            bool isCut = !read.Slice.IsEmpty && read.Slice.NextOffset < read.HighWatermark;
            mustAnswer |= read.Error != ErrorCode.None || read.Diverging is not null || isCut;
        }

        return mustAnswer || FoundBytes >= minBytes;
    }

    private void Park(int missingBytes, long deadlineMs)
    {
        // With several partitions any of them may bring the rest: look again at whatever comes.
        long wakeAfter = _asked.Count == 1 ? missingBytes : 1;
        int generation = Interlocked.Increment(ref _generation);
        for (int i = 0; i < _asked.Count; i++)
        {
            _asked[i].Cell.Park(
                new FetchTag(this, i, generation), _asked[i].Position.Offset, _reads[i].HighWatermark, wakeAfter, deadlineMs);
        }

        Release();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static news => ((Signal)news!).Set(), _news);
        try
        {
            await _news.WaitAsync().ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }

        // The only partition of a fetch has just woken it: it is parked nowhere any more.
        if (_asked.Count > 1 || cancellationToken.IsCancellationRequested)
        {
            Unpark();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Unpark()
    {
        int generation = _generation;
        Interlocked.Increment(ref _generation);
        for (int i = 0; i < _asked.Count; i++)
        {
            _asked[i].Cell.Cancel(new FetchTag(this, i, generation));
        }
    }

    private readonly record struct Asked(PartitionCell Cell, FetchPosition Position);
}
