using System.Collections.Concurrent;
using System.Threading.Channels;
using RaftStream.Client.Routing;
using RaftStream.Model;

namespace RaftStream.Client.Consuming;

/// <summary>Keeps one session per leader that reads what the assignment says, through changes and failures.</summary>
/// <remarks>
/// One loop owns the sessions and, while no session runs, the cursors. Each turn: take what was reported, find offsets for
/// positions that are not offsets yet, compare what should be read where with what is, and change the difference.
/// </remarks>
internal sealed class Fetcher : IAsyncDisposable
{
    /// <summary>How long a silent leader or a new one may go unnoticed at most.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(250);

    /// <summary>What a leader may take to find offsets before it is asked again, or another one; up to eight times that after failures.</summary>
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(1);

    private readonly RaftStreamClientOptions _clientOptions;
    private readonly ConsumerOptions _options;
    private readonly ClusterMetadata _metadata;
    private readonly ChannelSet _channels;
    private readonly OffsetQueries _offsets;
    private readonly Assignment _assignment;
    private readonly FetchQueue _queue;
    private readonly FetchSettings _settings;
    private readonly Backoff _backoff;
    private readonly SortedDictionary<string, ConsumeSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<FetchReport> _reports = new();
    private readonly Channel<bool> _bell =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly OwnedLoop _loop;
    private bool _needsMetadata;

    public Fetcher(
        RaftStreamClientOptions clientOptions,
        ConsumerOptions options,
        ClusterMetadata metadata,
        BrokerCalls calls,
        ChannelSet channels,
        FetchQueue queue)
    {
        _clientOptions = clientOptions;
        _options = options;
        _metadata = metadata;
        _channels = channels;
        _offsets = new OffsetQueries(clientOptions, calls, metadata);
        _assignment = new Assignment(Ring);
        _queue = queue;
        _backoff = new Backoff(clientOptions);
        TimeProvider time = clientOptions.TimeProvider;
        _settings = new FetchSettings
        {
            Options = options,
            Time = time,
            Queue = queue,
            StallTicks = (long)(((3 * options.Heartbeat) + clientOptions.RequestTimeout).TotalSeconds * time.TimestampFrequency),
            SuspectTicks = (long)((options.Heartbeat + clientOptions.SuspectAfter).TotalSeconds * time.TimestampFrequency),
            OnPartitionFailed = (cursor, failure) => Report(new FetchReport(cursor) { Failure = failure }),
            OnDiverged = (cursor, offset) => Report(new FetchReport(cursor) { DivergedAt = offset }),
            OnReplicaNamed = (cursor, replica) => Report(new FetchReport(cursor) { Replica = replica }),
            OnSessionOver = Ring,
            OnBug = queue.Close,
        };
        _loop = new OwnedLoop(RunAsync, queue.Close);
    }

    /// <summary>What is to be read.</summary>
    public Assignment Assignment => _assignment;

    /// <summary>Stops all sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync().ConfigureAwait(false);
        foreach (ConsumeSession session in _sessions.Values)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        _queue.Close(failure: null);
    }

    private long Now => _clientOptions.TimeProvider.GetTimestamp();

    private void Ring() => _bell.Writer.TryWrite(true);

    private void Report(FetchReport report)
    {
        _reports.Enqueue(report);
        Ring();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            await WaitAsync(stopping).ConfigureAwait(false);
            await StopBrokenSessionsAsync().ConfigureAwait(false);
            LookAfterSuspects();
            await TakeReportsAsync().ConfigureAwait(false);
            List<FetchCursor> wanted = [.. _assignment.ActiveCursors().Where(cursor => !cursor.HasFailed && cursor.RetryAt <= Now)];
            await RefreshMetadataAsync(wanted, stopping).ConfigureAwait(false);
            if (wanted.Exists(cursor => cursor is { Start: not null, FailuresInRow: > 0 }))
            {
                // A leader that did not tell where to begin may take its time again: the others are not to wait for it.
                await MatchSessionsAsync(wanted.FindAll(cursor => cursor.Start is null)).ConfigureAwait(false);
            }

            await ResolveStartsAsync(wanted, stopping).ConfigureAwait(false);
            await MatchSessionsAsync(wanted).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the bell, for the end of a pause, or for the time to look after silent sessions.</summary>
    private async Task WaitAsync(CancellationToken stopping)
    {
        long now = Now;
        double waitMs = Math.Min(_options.Heartbeat.TotalMilliseconds, LongestTurn.TotalMilliseconds);
        foreach (FetchCursor cursor in _assignment.ActiveCursors())
        {
            if (!cursor.HasFailed && cursor.RetryAt > now)
            {
                double leftMs = Math.Ceiling((cursor.RetryAt - now) * 1000.0 / _clientOptions.TimeProvider.TimestampFrequency);
                waitMs = Math.Min(waitMs, leftMs);
            }
        }

        using var pause = new CancellationTokenSource(TimeSpan.FromMilliseconds(waitMs), _clientOptions.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, stopping);
        try
        {
            await _bell.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The pause is over.
        }
    }

    private async Task StopBrokenSessionsAsync()
    {
        foreach (ConsumeSession session in _sessions.Values.Where(session => session.IsOver || session.IsStalled(Now)).ToList())
        {
            RaftStreamException failure = session.Failure ?? new RaftStreamException(
                ErrorCode.RequestTimedOut, $"The broker at {session.Endpoint} has been silent for too long.");
            await StopAsync(session).ConfigureAwait(false);
            foreach (FetchCursor cursor in session.Cursors.Where(cursor => cursor.IsCurrent))
            {
                NoteFailure(cursor, failure);
            }
        }
    }

    /// <summary>A leader that owes its heartbeat may hang while another leads already: once metadata say so, the session is matched away.</summary>
    private void LookAfterSuspects()
    {
        if (_sessions.Values.Any(session => session.IsSuspect(Now)))
        {
            _metadata.RefreshSoon(_clientOptions.SuspectAfter);
        }
    }

    private async Task TakeReportsAsync()
    {
        while (_reports.TryDequeue(out FetchReport? report))
        {
            FetchCursor cursor = report.Cursor;
            if (!cursor.IsCurrent || cursor.HasFailed)
            {
                continue;
            }

            // The session goes on with its other partitions only in a new stream: until then the cursor is ours.
            if (_sessions.Values.FirstOrDefault(session => session.Cursors.Contains(cursor)) is { } session)
            {
                await StopAsync(session).ConfigureAwait(false);
            }

            if (report.Replica is { } replica)
            {
                cursor.Replica = replica;
                cursor.ReplicaUntil = Now + Ticks(_options.ReplicaLease);
            }
            else if (report.Failure is not null && TryLeaveReplica(cursor))
            {
                // Also when the offset is out of its range: only the leader knows whether it is out of the log (R-11.6, P67).
            }
            else if (report.Failure is { Code: ErrorCode.OffsetOutOfRange } outOfRange)
            {
                Reset(cursor, outOfRange);
            }
            else if (report.Failure is not null)
            {
                NoteFailure(cursor, report.Failure);
            }
            else
            {
                FollowDivergence(cursor, report.DivergedAt);
            }

            Ring(); // what was taken changes what is to be read from whom
        }
    }

    /// <summary>Goes back from a follower to the leader, at once, and stays there for a while; false when it is read from the leader.</summary>
    private bool TryLeaveReplica(FetchCursor cursor)
    {
        if (cursor.Replica is null)
        {
            return false;
        }

        cursor.Replica = null;
        cursor.FromLeaderUntil = Now + Ticks(_clientOptions.RequestTimeout);
        return true;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _clientOptions.TimeProvider.TimestampFrequency);

    /// <summary>Where a partition is read: at its leader, or at the follower that the leader named, as long as that is known and its time not over.</summary>
    private string? EndpointOf(FetchCursor cursor, ClusterView view)
    {
        if (cursor.Replica is { } replica)
        {
            if (cursor.ReplicaUntil > Now && view.Endpoints.TryGetValue(replica, out string? endpoint))
            {
                return endpoint;
            }

            cursor.Replica = null;
        }

        return view.LeaderOf(cursor.Partition.Name);
    }

    /// <summary>The position is gone, or not there yet: does what the options say.</summary>
    private void Reset(FetchCursor cursor, RaftStreamException outOfRange)
    {
        // At once the first time; a log that moves away again and again is followed with pauses.
        cursor.RetryAt = Now + _backoff.PauseTicks(cursor.FailuresInRow++);
        switch (_options.OffsetReset)
        {
            case OffsetReset.Earliest: cursor.Start = StartPosition.Beginning; break;
            case OffsetReset.Latest: cursor.Start = StartPosition.End; break;
            default:
                Fail(cursor, new RaftStreamException(
                    ErrorCode.OffsetOutOfRange,
                    $"Offset {cursor.FetchOffset} of {cursor.Partition.Name} is not in the log: it was deleted by retention, or is beyond the end. "
                    + "Seek to another position, or set OffsetReset.",
                    outOfRange));
                break;
        }
    }

    /// <summary>The log was cut below what was read (KIP-320): goes on at the cut, unless the application wants to decide.</summary>
    private void FollowDivergence(FetchCursor cursor, long divergedAt)
    {
        if (_options.OffsetReset == OffsetReset.None)
        {
            Fail(cursor, new LogTruncatedException(cursor.Partition.Name, cursor.FetchOffset, divergedAt));
            return;
        }

        MoveTo(cursor, Math.Min(divergedAt, cursor.FetchOffset));
    }

    private void MoveTo(FetchCursor cursor, long offset)
    {
        cursor.Start = null;
        cursor.FetchOffset = offset;
        cursor.LastFetchedEpoch = LeaderEpoch.Unknown.Value;
        // Behind what was fetched before, so that nothing of it is passed over.
        _queue.Add(new FetchedChunk(cursor) { MovedTo = offset });
    }

    private void NoteFailure(FetchCursor cursor, RaftStreamException failure)
    {
        if (TryLeaveReplica(cursor))
        {
            return;
        }

        if (!failure.IsRetriable && failure.Code is not ErrorCode.UnknownServerError)
        {
            Fail(cursor, failure);
            return;
        }

        if (cursor.FailuresInRow++ == 0)
        {
            cursor.FailingSince = Now;
        }

        TimeSpan patience = failure.Code is ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId
            ? _clientOptions.UnknownTopicGrace
            : _options.GiveUpAfter;
        if (patience != Timeout.InfiniteTimeSpan && _clientOptions.TimeProvider.GetElapsedTime(cursor.FailingSince) >= patience)
        {
            Fail(cursor, failure);
            return;
        }

        cursor.RetryAt = Now + _backoff.PauseTicks(cursor.FailuresInRow);
        _needsMetadata = true;
    }

    private void Fail(FetchCursor cursor, RaftStreamException failure)
    {
        cursor.HasFailed = true;
        _queue.Add(new FetchedChunk(cursor) { Failure = failure });
    }

    private async Task RefreshMetadataAsync(List<FetchCursor> wanted, CancellationToken stopping)
    {
        bool isMissing = wanted.Exists(cursor => _metadata.Current.LeaderOf(cursor.Partition.Name) is null);
        if (wanted.Count == 0 || !(isMissing || _needsMetadata || _metadata.IsStale))
        {
            return;
        }

        RaftStreamException? failure = null;
        try
        {
            await _metadata.RefreshAsync([.. wanted.Select(cursor => cursor.Partition.Name.Topic).Distinct()], stopping).ConfigureAwait(false);
            _needsMetadata = false;
        }
        catch (RaftStreamException exception)
        {
            failure = exception;
        }

        // All of these, also when their pause is over already: who goes on from here has a leader.
        List<FetchCursor> lost = wanted.FindAll(cursor => _metadata.Current.LeaderOf(cursor.Partition.Name) is null);
        foreach (FetchCursor cursor in lost)
        {
            NoteFailure(cursor, failure ?? _metadata.WhyNoLeader(cursor.Partition.Name));
        }

        wanted.RemoveAll(lost.Contains);
    }

    private async Task ResolveStartsAsync(List<FetchCursor> wanted, CancellationToken stopping)
    {
        List<FetchCursor> unresolved = [.. wanted.Where(cursor => cursor.Start is not null)];
        if (unresolved.Count == 0)
        {
            return;
        }

        TimeSpan patience = FirstPatience * Math.Pow(2, Math.Min(3, unresolved.Max(cursor => cursor.FailuresInRow)));
        var offsets = await _offsets.ResolveOnceAsync(
            [.. unresolved.Select(cursor => (cursor.Partition.Name, cursor.Start!.Value))], patience, stopping).ConfigureAwait(false);
        for (int i = 0; i < unresolved.Count; i++)
        {
            if (offsets[i].Failure is { } failure)
            {
                NoteFailure(unresolved[i], failure);
                wanted.Remove(unresolved[i]);
            }
            else
            {
                Begin(unresolved[i], offsets[i].Offset);
            }
        }
    }

    private void Begin(FetchCursor cursor, long offset)
    {
        if (cursor.Position < 0)
        {
            cursor.BeginAt(offset);
        }
        else
        {
            // After a reset in the middle: the reader may be behind, and must get there first.
            MoveTo(cursor, offset);
        }
    }

    /// <summary>Stops sessions that read something else than they should, then starts those that are missing.</summary>
    private async Task MatchSessionsAsync(List<FetchCursor> wanted)
    {
        ClusterView view = _metadata.Current;
        var byLeader = wanted.Where(cursor => cursor.IsCurrent)
            .GroupBy(cursor => EndpointOf(cursor, view)!)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        foreach (ConsumeSession session in _sessions.Values.ToList())
        {
            if (!byLeader.TryGetValue(session.Endpoint, out List<FetchCursor>? cursors) || !cursors.SequenceEqual(session.Cursors))
            {
                await StopAsync(session).ConfigureAwait(false);
            }
        }

        foreach ((string leader, List<FetchCursor> cursors) in byLeader.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!_sessions.ContainsKey(leader))
            {
                _sessions[leader] = new ConsumeSession(_settings, _channels.To(leader), cursors, view);
            }
        }
    }

    private ValueTask StopAsync(ConsumeSession session)
    {
        _sessions.Remove(session.Endpoint);
        return session.DisposeAsync();
    }
}
