using RaftStream.Client.Routing;
using RaftStream.Model;

namespace RaftStream.Client.Consuming;

/// <summary>
/// Decides how a partition is read on after its fetch failed, or found its position gone: again after a pause, from elsewhere in the
/// log, from its leader instead of a follower, or not at all.
/// </summary>
/// <remarks>Only for cursors that no session uses; called by the <see cref="Fetcher"/>'s loop.</remarks>
internal sealed class FetchRecovery(RaftStreamClientOptions clientOptions, ConsumerOptions options, FetchQueue queue)
{
    private readonly Backoff _backoff = new(clientOptions);

    /// <summary>True when a failure may come of metadata that are out of date; cleared by who has refreshed them.</summary>
    public bool NeedsMetadata { get; set; }

    private long Now => clientOptions.TimeProvider.GetTimestamp();

    /// <summary>Takes what a session has reported about its cursor.</summary>
    public void Take(FetchReport report)
    {
        FetchCursor cursor = report.Cursor;
        if (report.Replica is { } replica)
        {
            cursor.Replica = replica;
            cursor.ReplicaUntil = Now + Ticks(options.ReplicaLease);
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
    }

    /// <summary>An attempt to read failed: tries again after a pause, or gives up.</summary>
    public void NoteFailure(FetchCursor cursor, RaftStreamException failure)
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
            ? clientOptions.UnknownTopicGrace
            : options.GiveUpAfter;
        if (patience != Timeout.InfiniteTimeSpan && clientOptions.TimeProvider.GetElapsedTime(cursor.FailingSince) >= patience)
        {
            Fail(cursor, failure);
            return;
        }

        cursor.RetryAt = Now + _backoff.PauseTicks(cursor.FailuresInRow);
        NeedsMetadata = true;
    }

    /// <summary>The offset that the cursor's start stands for is known.</summary>
    public void Begin(FetchCursor cursor, long offset)
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

    /// <summary>Goes back from a follower to the leader, at once, and stays there for a while; false when it is read from the leader.</summary>
    private bool TryLeaveReplica(FetchCursor cursor)
    {
        if (cursor.Replica is null)
        {
            return false;
        }

        cursor.Replica = null;
        cursor.FromLeaderUntil = Now + Ticks(clientOptions.RequestTimeout);
        return true;
    }

    /// <summary>The position is gone, or not there yet: does what the options say.</summary>
    private void Reset(FetchCursor cursor, RaftStreamException outOfRange)
    {
        // At once the first time; a log that moves away again and again is followed with pauses.
        cursor.RetryAt = Now + _backoff.PauseTicks(cursor.FailuresInRow++);
        switch (options.OffsetReset)
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
        if (options.OffsetReset == OffsetReset.None)
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
        queue.Add(new FetchedChunk(cursor) { MovedTo = offset });
    }

    private void Fail(FetchCursor cursor, RaftStreamException failure)
    {
        cursor.HasFailed = true;
        queue.Add(new FetchedChunk(cursor) { Failure = failure });
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clientOptions.TimeProvider.TimestampFrequency);
}
