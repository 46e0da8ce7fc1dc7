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
    private readonly FetchRecovery _recovery;
    private readonly SortedDictionary<string, ConsumeSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<FetchReport> _reports = new();
    private readonly Channel<bool> _bell =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly OwnedLoop _loop;

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
        _recovery = new FetchRecovery(clientOptions, options, queue);
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
                _recovery.NoteFailure(cursor, failure);
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

            _recovery.Take(report);
            Ring(); // what was taken changes what is to be read from whom
        }
    }

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

    private async Task RefreshMetadataAsync(List<FetchCursor> wanted, CancellationToken stopping)
    {
        bool isMissing = wanted.Exists(cursor => _metadata.Current.LeaderOf(cursor.Partition.Name) is null);
        if (wanted.Count == 0 || !(isMissing || _recovery.NeedsMetadata || _metadata.IsStale))
        {
            return;
        }

        RaftStreamException? failure = null;
        try
        {
            await _metadata.RefreshAsync([.. wanted.Select(cursor => cursor.Partition.Name.Topic).Distinct()], stopping).ConfigureAwait(false);
            _recovery.NeedsMetadata = false;
        }
        catch (RaftStreamException exception)
        {
            failure = exception;
        }

        // All of these, also when their pause is over already: who goes on from here has a leader.
        List<FetchCursor> lost = wanted.FindAll(cursor => _metadata.Current.LeaderOf(cursor.Partition.Name) is null);
        foreach (FetchCursor cursor in lost)
        {
            _recovery.NoteFailure(cursor, failure ?? _metadata.WhyNoLeader(cursor.Partition.Name));
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
                _recovery.NoteFailure(unresolved[i], failure);
                wanted.Remove(unresolved[i]);
            }
            else
            {
                _recovery.Begin(unresolved[i], offsets[i].Offset);
            }
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
