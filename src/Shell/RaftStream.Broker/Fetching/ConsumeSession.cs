using RaftStream.Broker.Partitions;
using RaftStream.Broker.Threads;
using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>A consumer that reads on and on: what has news is read in turn, what has none is parked.</summary>
/// <remarks>
/// One owner, not thread-safe; allocates nothing per read. The owner reads as fast as it can send: nothing is read ahead,
/// so a consumer that stops reading holds no memory here. Dispose when the consumer is gone.
/// </remarks>
public sealed class ConsumeSession : IFetchWaiter, IDisposable
{
    /// <summary>How late a follower's readers may hear of news, milliseconds.</summary>
    private const int FollowerLookMs = 20;

    private readonly TimerWheel _timers;
    private readonly BrokerMetrics _metrics;
    private readonly Signal _news = new();
    private readonly HeartbeatTimer _heartbeat;
    private readonly HeartbeatTimer _lookAgain;
    private readonly List<Reading> _readings = [];
    private readonly int _maxBytes;
    private int _next;
    private bool _hasFollowers;
    private bool _disposed;

    internal ConsumeSession(TimerWheel timers, BrokerMetrics metrics, int maxBytes)
    {
        _timers = timers;
        _metrics = metrics;
        _heartbeat = new HeartbeatTimer(_news);
        _lookAgain = new HeartbeatTimer(_news);
        _maxBytes = maxBytes;
    }

    /// <summary>Partitions read.</summary>
    public int Count => _readings.Count;

    /// <summary>Begins to read a partition.</summary>
    public void Add(BrokerPartition partition, in FetchPosition position)
    {
        Invariant.Check(partition.Exists);
        _readings.Add(new Reading(partition, position));
        _hasFollowers |= position.FromFollower;
    }

    /// <summary>The partition that <see cref="TryRead(out int, out PartitionRead)"/> answered for.</summary>
    public BrokerPartition PartitionAt(int index) => _readings[index].Partition;

    /// <summary>Reads the next partition with news, in turn.</summary>
    /// <param name="index">Which partition; see <see cref="PartitionAt"/>.</param>
    /// <param name="read">News: batches, an error or a divergence. After one of the latter two the partition is not read on. Dispose of it.</param>
    /// <returns>False when no partition has news: wait.</returns>
    public bool TryRead(out int index, out PartitionRead read)
    {
        for (int tried = 0; tried < _readings.Count; tried++)
        {
            index = _next;
            _next = _next + 1 == _readings.Count ? 0 : _next + 1;
            if (TryRead(index, out read))
            {
                return true;
            }
        }

        (index, read) = (-1, default);
        return false;
    }

    /// <summary>Where the last read of a partition was asked to begin: batches may begin below it.</summary>
    public Offset AskedAt(int index) => _readings[index].AskedAt;

    /// <summary>Reads a partition on from another offset than behind the last read.</summary>
    public void MoveTo(int index, Offset offset)
    {
        Reading reading = _readings[index];
        reading.Position = reading.Position.MoveTo(offset);
    }

    /// <summary>Reads a partition no further.</summary>
    public void End(int index) => _readings[index].IsEnded = true;

    /// <summary>True when a partition is not read any more.</summary>
    public bool HasEnded(int index) => _readings[index].IsEnded;

    /// <summary>The ends of a partition's log, without records.</summary>
    public PartitionRead Look(int index)
    {
        PartitionCell cell = _readings[index].Partition.Cell;
        return new PartitionRead
        {
            HighWatermark = cell.HighWatermark,
            LogStartOffset = cell.Log.LogStartOffset,
            LeaderEpoch = cell.Role.LeaderEpoch,
        };
    }

    /// <summary>Waits until a partition may have news, or <paramref name="maxWaitMs"/> has passed (0 is for ever).</summary>
    /// <returns>True when the time has passed without news.</returns>
    public async ValueTask<bool> WaitAsync(int maxWaitMs, CancellationToken cancellationToken)
    {
        _heartbeat.IsDue = false;
        if (maxWaitMs > 0)
        {
            _timers.Arm(_heartbeat, _timers.NowMs + maxWaitMs);
        }

        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static news => ((Signal)news!).Set(), _news);
        try
        {
            do
            {
                if (_hasFollowers)
                {
                    _lookAgain.IsDue = false;
                    _timers.Arm(_lookAgain, _timers.NowMs + FollowerLookMs);
                }

                await _news.WaitAsync().ConfigureAwait(false);
            }
            while (_hasFollowers && _lookAgain.IsDue && !_heartbeat.IsDue && !cancellationToken.IsCancellationRequested && !HaveFollowersNews());
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }

        _timers.Disarm(_heartbeat);
        _timers.Disarm(_lookAgain);
        cancellationToken.ThrowIfCancellationRequested();
        return _heartbeat.IsDue;
    }

    /// <summary>A follower parks nobody: its readers look from time to time.</summary>
    private bool HaveFollowersNews()
    {
        bool hasNews = false;
        foreach (Reading reading in _readings)
        {
            if (reading is { IsEnded: false, Position.FromFollower: true })
            {
                PartitionCell cell = reading.Partition.Cell;
                reading.IsReady |= cell.HighWatermark > reading.Position.Offset
                    || PartitionReader.CheckEpoch(cell.Role, LeaderEpoch.Unknown, fromFollower: true) != ErrorCode.None;
                hasNews |= reading.IsReady;
            }
        }

        return hasNews;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _timers.Disarm(_heartbeat);
        for (int i = 0; i < _readings.Count; i++)
        {
            if (!_readings[i].IsReady)
            {
                _readings[i].Partition.Cell.Cancel(new FetchTag(this, i, 0));
            }
        }
    }

    void IFetchWaiter.OnWake(int index, int generation, ErrorCode error)
    {
        _readings[index].IsReady = true;
        _news.Set();
    }

    private bool TryRead(int index, out PartitionRead read)
    {
        Reading reading = _readings[index];
        if (reading.IsEnded || !reading.IsReady)
        {
            read = default;
            return false;
        }

        PartitionCell cell = reading.Partition.Cell;
        read = PartitionReader.Read(cell, reading.Position, reading.MaxBytes(_maxBytes), atLeastOneBatch: true);
        if (read.Error != ErrorCode.None || read.Diverging is not null)
        {
            reading.IsEnded = true;
            return true;
        }

        if (!read.Slice.IsEmpty)
        {
            // The reader has the batches now: epochs were right up to here and need no further check.
            reading.AskedAt = reading.Position.Offset;
            reading.Position = reading.Position.MoveTo(read.Slice.NextOffset);
            _metrics.Fetched(read.Slice.Length);
            return true;
        }

        // Not ready before it is parked: a wake-up that comes at once must not be overwritten.
        reading.IsReady = false;
        Offset seen = read.HighWatermark;
        read.Dispose();
        if (reading.Position.FromFollower)
        {
            return false;
        }

        cell.Park(new FetchTag(this, index, 0), reading.Position.Offset, seen, missingBytes: 1, deadlineMs: long.MaxValue);
        return false;
    }

    private sealed class Reading(BrokerPartition partition, FetchPosition position)
    {
        private volatile bool _isReady = true;

        public BrokerPartition Partition { get; } = partition;

        public FetchPosition Position { get; set; } = position;

        /// <summary>Where the last read was asked to begin.</summary>
        public Offset AskedAt { get; set; }

        /// <summary>False while it is parked; the partition sets it from any thread.</summary>
        public bool IsReady
        {
            get => _isReady;
            set => _isReady = value;
        }

        /// <summary>True after an error: the consumer must begin anew.</summary>
        public bool IsEnded { get; set; }

        public int MaxBytes(int ofSession) => Position.MaxBytes > 0 ? Math.Min(Position.MaxBytes, ofSession) : ofSession;
    }

    private sealed class HeartbeatTimer(Signal news) : TimerTarget
    {
        public volatile bool IsDue;

        internal override void OnDue()
        {
            IsDue = true;
            news.Set();
        }
    }
}
