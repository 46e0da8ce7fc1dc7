using System.Buffers;
using System.Buffers.Binary;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>A partition as follower: carries out on its log what the machine decides (section 7 of the rules). Only events of the cell come here.</summary>
internal sealed class FollowerRole
{
    private const int ShortestPauseMs = 50;
    private const int LongestPauseMs = 1_000;

    private readonly PartitionFollower _machine;
    private readonly PartitionCell _cell;
    private readonly PartitionServices _services;
    private readonly PartitionLog _log;
    private readonly TimerTarget _retry;
    private IReplicaLink? _link;
    private Offset _toldFlushed;
    private int _pauseMs = ShortestPauseMs;

    public FollowerRole(PartitionCell cell, PartitionServices services, TimerTarget retry)
    {
        (_cell, _services, _log, _retry) = (cell, services, cell.Log, retry);
        _machine = new PartitionFollower(services.Times);
    }

    /// <summary>True while this node follows.</summary>
    public bool IsFollowing => _machine.IsFollowing;

    /// <summary>Follows by new metadata; a new reign begins anew even with the same leader .</summary>
    public void Follow(FollowerState state, IReplicaLink link)
    {
        bool isNew = _machine.OnBecomeFollower(state);
        if (!ReferenceEquals(link, _link))
        {
            _link?.Detach(_cell);
            _link = link;
            link.Attach(_cell);
        }

        if (isNew)
        {
            _log.ForgetEmptyReign();
            BrokerLog.Following(_services.Logger, _cell.Name, state.Leader.Value, state.LeaderEpoch.Value, _log.LogEndOffset.Value);
        }

        _pauseMs = ShortestPauseMs;
        FetchUnlessWaiting();
    }

    /// <summary>Follows nobody any more.</summary>
    public void Stop()
    {
        _machine.OnResign();
        _link?.Detach(_cell);
        _link = null;
        _services.Timers.Disarm(_retry);
    }

    /// <summary>The connection has come, or gone.</summary>
    public void LinkChanged(IReplicaLink link, bool isConnected)
    {
        if (!ReferenceEquals(link, _link))
        {
            return;
        }

        if (isConnected)
        {
            FetchUnlessWaiting();
        }
        else
        {
            _machine.OnConnectionLost();
        }
    }

    /// <summary>A pause is over.</summary>
    public void FetchUnlessWaiting()
    {
        if (_machine.IsFollowing && !_machine.IsWaiting)
        {
            FollowerFetch fetch = _machine.Fetch(Look());
            _toldFlushed = fetch.FlushedEnd;
            if (!_link!.Send(_cell, fetch))
            {
                _machine.OnConnectionLost();
            }
        }
    }

    /// <summary>A flush has ended: with flush=commit the leader waits for that .</summary>
    public void Flushed()
    {
        if (_machine.IsFollowing && _machine.State!.CountsFlushed && _machine.IsWaiting && _log.DurableEnd > _toldFlushed)
        {
            FollowerFetch progress = _machine.Progress(Look());
            _toldFlushed = progress.FlushedEnd;
            _link!.Send(_cell, progress);
        }
    }

    /// <summary>Takes an answer of the leader.</summary>
    /// <param name="batches">Borrowed for the call.</param>
    public void Answered(in FetchAnswer answer, in ReadOnlySequence<byte> batches)
    {
        EpochEndOffset? own = answer.Diverging is { } leaders ? _log.EndOffsetForEpoch(leaders.Epoch) : null;
        if (answer.Diverging is not null && _services.Times.Broke(ReplicationSabotage.HighWatermarkFromDivergence))
        {
            _cell.Publish(PartitionFollower.HighWatermark(answer, Look()));
        }

        FollowerStep step = _machine.OnAnswer(answer, Look(), own);

        switch (step.Kind)
        {
            case FollowerStepKind.Append when !Append(answer, batches):
                Pause();
                return;
            case FollowerStepKind.Append:
                break;
            case FollowerStepKind.Truncate:
                Truncate(step.Target);
                break;
            case FollowerStepKind.StartAnew:
                StartAnew(step.Target);
                break;
            case FollowerStepKind.BackOff:
                Pause();
                return;
            case FollowerStepKind.Halt:
                throw new StorageException(
                    StorageErrorKind.Stopped,
                    $"{_cell.Name}: the leader's log leaves this one at {step.Target}, below the high watermark {_cell.HighWatermark}: a committed record would go (R-7.5). This node stops so that nothing is lost; compare the logs before it is started again.");
            default:
                break;
        }

        FetchUnlessWaiting();
    }

    /// <returns>False when nothing of what came can be appended: asking again at once would only bring the same.</returns>
    private bool Append(in FetchAnswer answer, in ReadOnlySequence<byte> batches)
    {
        bool isRefused = !batches.IsEmpty && !_services.Disk.HasRoom;
        if (!batches.IsEmpty && !isRefused)
        {
            ReplicaAppendResult result = AppendBatches(batches, answer.LogStart);
            if (result.Stop != ReplicaAppendStop.None)
            {
                BrokerLog.ReplicaRefused(_services.Logger, _cell.Name, result.Stop);
                if (result.Batches == 0)
                {
                    return false;
                }
            }
        }

        // The high watermark first: the log start never passes it (R-15.2, S-R14).
        _cell.Publish(PartitionFollower.HighWatermark(answer, Look()));
        Offset start = Offset.Min(answer.LogStart, _cell.HighWatermark);
        if (start > _log.LogStartOffset)
        {
            _log.AdvanceLogStart(start);
        }

        if (isRefused)
        {
            return false; // asked again and again all the same, since the leader's log start is what makes room here.
        }

        _pauseMs = ShortestPauseMs;
        return true;
    }

    private ReplicaAppendResult AppendBatches(in ReadOnlySequence<byte> batches, Offset leaderStart)
    {
        LeaderEpoch epoch = _machine.State!.LeaderEpoch;
        ReplicaAppendResult result = _log.AppendReplicated(batches, epoch, _services.WallMs);
        bool isNothingWanted = _log.LogStartOffset == _log.LogEndOffset || leaderStart >= _log.LogEndOffset;
        if (result is { Stop: ReplicaAppendStop.WrongOffset, Batches: 0 } && isNothingWanted && BaseOffset(batches) is { } first && first < _log.LogEndOffset)
        {
            // The leader's log start lies inside a batch: take the batch whole, and then the start. What was here lies below
            // that start, where the leader no longer tells whether it is the same.
            Offset start = Offset.Max(_log.LogStartOffset, leaderStart);
            _log.TruncateFullyAt(first);
            _cell.LowerHighWatermark(first); // Until the batch is there: it may be refused.
            result = _log.AppendReplicated(batches, epoch, _services.WallMs);
            start = Offset.Min(start, _log.LogEndOffset);
            _cell.Publish(Offset.Max(start, _cell.HighWatermark)); // The log start never passes it (R-15.2, S-R14): it was committed once.
            _log.AdvanceLogStart(start);
        }

        return result;
    }

    private static Offset? BaseOffset(in ReadOnlySequence<byte> batches)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (batches.Length < bytes.Length)
        {
            return null;
        }

        batches.Slice(0, bytes.Length).CopyTo(bytes);
        long value = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return value < 0 ? null : new Offset(value);
    }

    private void Truncate(Offset target)
    {
        BrokerLog.Truncated(_services.Logger, _cell.Name, _log.LogEndOffset.Value, target.Value);
        Offset end = _log.TruncateTo(target);
        if (end < _cell.HighWatermark)
        {
            BrokerLog.TruncatedCommitted(_services.Logger, _cell.Name, end.Value, _cell.HighWatermark.Value);
            _services.Metrics.TruncatedCommitted();
            _cell.LowerHighWatermark(end);
        }
    }

    /// <summary>Deletes everything; the log begins at <paramref name="start"/> (R-7.6, R-14.4).</summary>
    public void StartAnew(Offset start)
    {
        BrokerLog.BeginsAnew(_services.Logger, _cell.Name, start.Value);
        _log.TruncateFullyAt(start);
        _cell.LowerHighWatermark(start);
    }

    private void Pause()
    {
        _services.Timers.Arm(_retry, _services.Timers.NowMs + _pauseMs);
        _pauseMs = Math.Min(_pauseMs * 2, LongestPauseMs);
    }

    private FollowerLog Look()
    {
        // The flushed end first: it never passes an end that is read later.
        Offset flushed = _log.DurableEnd;
        return new FollowerLog(_log.LogStartOffset, _log.LogEndOffset, flushed, _log.LastEpoch, _cell.HighWatermark);
    }
}
