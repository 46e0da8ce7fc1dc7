using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Log;

/// <summary>What the node knows about its log: bounds, epochs, snapshots and voters; no bytes.</summary>
internal sealed class LogView
{
    private readonly EpochCache _epochs;
    private readonly List<SnapshotId> _snapshots;

    public LogView(RecoveredLog log)
    {
        Start = log.LogStart;
        End = log.LogEnd;
        DurableEnd = log.LogEnd;
        _epochs = new EpochCache(log.Epochs);
        _snapshots = [.. log.Snapshots.Where(id => id != SnapshotId.Bootstrap)];
        Voters = new VoterHistory(log);
        Invariant.Check(Start <= End);
    }

    /// <summary>First offset kept.</summary>
    public Offset Start { get; private set; }

    /// <summary>Offset of the next record.</summary>
    public Offset End { get; private set; }

    /// <summary>Everything below survives a power loss.</summary>
    public Offset DurableEnd { get; private set; }

    /// <summary>Voters along the log.</summary>
    public VoterHistory Voters { get; }

    /// <summary>The newest snapshot that may be served; null is none. The bootstrap snapshot never is.</summary>
    public SnapshotId? NewestSnapshot => _snapshots.Count > 0 ? _snapshots[^1] : null;

    /// <summary>The oldest that the log goes on from; files of older ones may still be there.</summary>
    private SnapshotId? OldestSnapshot
    {
        get
        {
            int at = _snapshots.FindIndex(id => id.EndOffset >= Start);
            return at < 0 ? null : _snapshots[at];
        }
    }

    /// <summary>Epoch of the last record, or of the snapshot that an empty log begins at (C-4.5).</summary>
    public LeaderEpoch LastEpoch => _epochs.Last ?? SnapshotAt(Start)?.Epoch ?? new LeaderEpoch(0);

    /// <summary>True when a log that ends so holds at least what this one does (7.1): epochs first (P7).</summary>
    public bool IsUpToDate(LeaderEpoch lastEpoch, Offset end) =>
        lastEpoch > LastEpoch || (lastEpoch == LastEpoch && end >= End);

    /// <summary>True when the snapshot is here and may be served.</summary>
    public bool HasSnapshot(SnapshotId id) => _snapshots.Contains(id);

    /// <summary>The epoch of the record at <paramref name="offset"/>, which is in the log.</summary>
    public LeaderEpoch EpochAt(Offset offset)
    {
        Invariant.Check(offset >= Start && offset < End);
        return _epochs.EpochAt(offset);
    }

    /// <summary>C-4.4, an empty log included.</summary>
    public (LeaderEpoch Epoch, Offset End) EndOffsetFor(LeaderEpoch epoch) =>
        _epochs.EndOffsetFor(epoch, End) ?? (LastEpoch, End);

    /// <summary>C-4.6: what a leader with this log answers to a replica that holds so much.</summary>
    public FetchValidation Validate(Offset fetchOffset, LeaderEpoch lastFetchedEpoch)
    {
        if (fetchOffset == Offset.Zero && NewestSnapshot is { } newest)
        {
            return new FetchValidation(null, newest);
        }

        if (Start == Offset.Zero && fetchOffset == Offset.Zero)
        {
            return FetchValidation.Valid;
        }

        if (OldestSnapshot is { } oldest)
        {
            bool isBehind = fetchOffset < Start
                || (fetchOffset == Start && lastFetchedEpoch != oldest.Epoch)
                || lastFetchedEpoch < oldest.Epoch;
            if (isBehind)
            {
                return new FetchValidation(null, NewestSnapshot);
            }
        }

        (LeaderEpoch epoch, Offset end) = EndOffsetFor(lastFetchedEpoch);
        return epoch != lastFetchedEpoch || end < fetchOffset
            ? new FetchValidation((epoch, end), null)
            : FetchValidation.Valid;
    }

    /// <summary>C-4.7: where a follower cuts after "diverging".</summary>
    public Offset DivergenceTarget(LeaderEpoch leaderEpoch, Offset leaderEnd)
    {
        (LeaderEpoch epoch, Offset end) = EndOffsetFor(leaderEpoch);
        Offset target = epoch == leaderEpoch ? Offset.Min(end, leaderEnd) : end;
        return Offset.Min(target, End);
    }

    /// <summary>Batches are appended; their voters are in force from now on (C-11.1).</summary>
    public void Append(ImmutableArray<LogBatch> batches)
    {
        foreach (LogBatch batch in batches)
        {
            Invariant.Check(batch.BaseOffset == End);
            Invariant.Check(batch.EndOffset > batch.BaseOffset);
            _epochs.Add(batch.Epoch, batch.BaseOffset);
            foreach (ControlRecord.Voters record in batch.Control.OfType<ControlRecord.Voters>())
            {
                Voters.Add(batch.BaseOffset, record.Set);
            }

            End = batch.EndOffset;
        }
    }

    /// <summary>A flush has ended.</summary>
    public void Flushed(Offset end)
    {
        Invariant.Check(end <= End);
        DurableEnd = Offset.Max(DurableEnd, end);
    }

    /// <summary>The log is cut.</summary>
    public void TruncateTo(Offset target)
    {
        Invariant.Check(target >= Start && target <= End);
        _epochs.TruncateTo(target);
        End = target;
        DurableEnd = Offset.Min(DurableEnd, target);
    }

    /// <summary>A fetched snapshot is in place and the log begins at its end, empty (C-10.4).</summary>
    public void Reset(SnapshotId id, VoterSet voters)
    {
        AddSnapshot(id);
        _epochs.Clear();
        Start = End = DurableEnd = id.EndOffset;
        Voters.Reset(id, voters);
    }

    /// <summary>A snapshot is in place.</summary>
    public void AddSnapshot(SnapshotId id)
    {
        if (!_snapshots.Contains(id))
        {
            _snapshots.Add(id);
            _snapshots.Sort((left, right) => left.EndOffset.CompareTo(right.EndOffset));
        }
    }

    /// <summary>Snapshots before this one and the log below it are gone (C-10.3).</summary>
    public void AdvanceStart(SnapshotId oldest)
    {
        _snapshots.RemoveAll(id => id.EndOffset < oldest.EndOffset);
        if (oldest.EndOffset > Start)
        {
            Invariant.Check(HasSnapshot(oldest) && oldest.EndOffset <= End);
            Start = oldest.EndOffset;
            _epochs.AdvanceStart(Start, End);
            Voters.AdvanceStart(Start);
        }
    }

    private SnapshotId? SnapshotAt(Offset end)
    {
        int at = _snapshots.FindLastIndex(id => id.EndOffset == end);
        return at < 0 ? null : _snapshots[at];
    }
}

/// <summary>What a leader answers to a position (C-4.6); nothing is valid.</summary>
internal readonly record struct FetchValidation((LeaderEpoch Epoch, Offset End)? Diverging, SnapshotId? Snapshot)
{
    public static readonly FetchValidation Valid;

    public bool IsValid => Diverging is null && Snapshot is null;
}
