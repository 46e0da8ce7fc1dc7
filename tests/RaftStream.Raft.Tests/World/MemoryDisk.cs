using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Tests.World;

/// <summary>What a node keeps over a restart: state, log and snapshots; bytes behind the durable end go with a crash.</summary>
internal sealed class MemoryDisk(VoterSet formatted)
{
    private readonly List<LogBatch> _batches = [];
    private readonly SortedDictionary<long, (SnapshotId Id, VoterSet Voters)> _snapshots = [];
    private VoterSet _formatted = formatted;

    public QuorumState State { get; set; } = QuorumState.New;

    public Offset Start { get; private set; }

    public Offset End { get; private set; }

    public Offset DurableEnd { get; set; }

    public IReadOnlyList<LogBatch> Batches => _batches;

    public void Append(ImmutableArray<LogBatch> batches)
    {
        foreach (LogBatch batch in batches)
        {
            Assert.Equal(End, batch.BaseOffset);
            _batches.Add(batch);
            End = batch.EndOffset;
        }
    }

    public void Truncate(Offset target)
    {
        Assert.DoesNotContain(_batches, batch => batch.BaseOffset < target && batch.EndOffset > target);
        _batches.RemoveAll(batch => batch.EndOffset > target);
        End = target;
        DurableEnd = Offset.Min(DurableEnd, target);
    }

    public void Reset(SnapshotId id)
    {
        Assert.True(_snapshots.ContainsKey(id.EndOffset.Value));
        _batches.Clear();
        Start = End = DurableEnd = id.EndOffset;
    }

    public void LosePowerIn() => Truncate(DurableEnd);

    public void AddSnapshot(SnapshotId id, VoterSet voters) => _snapshots[id.EndOffset.Value] = (id, voters);

    /// <summary>Keeps the newest snapshot and the log behind it.</summary>
    public SnapshotId DeleteOld()
    {
        (SnapshotId id, VoterSet _) = _snapshots.Values.Last();
        foreach (long old in _snapshots.Keys.Where(end => end < id.EndOffset.Value).ToList())
        {
            _snapshots.Remove(old);
        }

        _batches.RemoveAll(batch => batch.EndOffset <= id.EndOffset);
        Start = id.EndOffset;
        return id;
    }

    public VoterSet VotersOf(SnapshotId id) => _snapshots[id.EndOffset.Value].Voters;

    public ImmutableArray<LogBatch> Read(Offset from) => [.. _batches.Where(batch => batch.BaseOffset >= from)];

    public RecoveredLog Recover()
    {
        var epochs = new List<EpochStart>();
        var voters = new List<VotersAt>();
        SnapshotId newest = _snapshots.Count > 0 ? _snapshots.Values.Last().Id : SnapshotId.Bootstrap;
        VoterSet inSnapshot = _snapshots.Count > 0 ? _snapshots.Values.Last().Voters : _formatted;
        if (!inSnapshot.Voters.IsEmpty)
        {
            voters.Add(new VotersAt(newest.EndOffset, inSnapshot));
        }

        foreach (LogBatch batch in _batches)
        {
            if (epochs.Count == 0 || epochs[^1].Epoch != batch.Epoch)
            {
                epochs.Add(new EpochStart(batch.Epoch, batch.BaseOffset));
            }

            if (batch.BaseOffset >= newest.EndOffset)
            {
                voters.AddRange(batch.Control.OfType<ControlRecord.Voters>().Select(record => new VotersAt(batch.BaseOffset, record.Set)));
            }
        }

        return new RecoveredLog
        {
            LogStart = Start,
            LogEnd = End,
            Epochs = [.. epochs],
            Snapshots = _snapshots.Count > 0 ? [.. _snapshots.Values.Select(snapshot => snapshot.Id)] : inSnapshot.Voters.IsEmpty ? [] : [newest],
            Voters = [.. voters],
        };
    }
}
