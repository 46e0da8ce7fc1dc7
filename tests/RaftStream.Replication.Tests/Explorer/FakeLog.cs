using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>A record: its content is its id; each is a batch of its own.</summary>
internal readonly record struct Record(int Epoch, int Id);

/// <summary>A pretended log on a disk that keeps what was flushed, and of the rest what it likes.</summary>
internal sealed class FakeLog
{
    private readonly List<Record> _records = [];
    private readonly List<(int Epoch, long Start)> _reigns = [];
    private long _base;

    public long Start { get; private set; }

    public long End => _base + _records.Count;

    public long DurableEnd { get; private set; }

    /// <summary>The high watermark that a checkpoint would hold.</summary>
    public long Checkpoint { get; set; }

    /// <summary>R-7.2.</summary>
    public int LastEpoch => _records.Count == 0 ? -1 : _records[^1].Epoch;

    public Record this[long offset] => _records[(int)(offset - _base)];

    public long EffectiveEnd(bool commit) => commit ? DurableEnd : End;

    /// <summary>The leader's append (R-4.3), or a follower's (R-7.3).</summary>
    public void Append(Record record)
    {
        Assign(record.Epoch, End);
        _records.Add(record);
    }

    /// <summary>Continues the log with as many as fit (R-7.3).</summary>
    public void AppendReplicated(long offset, IReadOnlyList<Record> records, int fetchEpoch)
    {
        foreach (Record record in records)
        {
            if (offset++ != End || record.Epoch > fetchEpoch || record.Epoch < LatestReign)
            {
                return;
            }

            Append(record);
        }
    }

    /// <summary>A reign begins at the log end (R-3.3).</summary>
    public void BeginReign(int epoch) => Assign(epoch, End);

    /// <summary>A reign without a record ends (S-R12).</summary>
    public void ForgetEmptyReign()
    {
        if (LatestReign > LastEpoch)
        {
            CutReigns(End);
        }
    }

    public void Flush() => DurableEnd = End;

    public void MoveStart(long start) => Start = Math.Max(Start, start);

    /// <summary>R-13.1: durable at once.</summary>
    public void TruncateTo(long target)
    {
        _records.RemoveRange((int)(target - _base), (int)(End - target));
        CutReigns(target);
        DurableEnd = Math.Min(DurableEnd, target);
        Checkpoint = Math.Min(Checkpoint, target);
    }

    /// <summary>R-13.2.</summary>
    public void StartAnew(long start)
    {
        _records.Clear();
        _reigns.Clear();
        (_base, Start, DurableEnd, Checkpoint) = (start, start, start, start);
    }

    /// <summary>The process dies; recovery keeps a front of what was not flushed, or all of it when the machine went on.</summary>
    public void Crash(Prng prng, bool isLossy)
    {
        if (isLossy)
        {
            long kept = prng.Next(DurableEnd, End + 1);
            _records.RemoveRange((int)(kept - _base), (int)(End - kept));
        }

        if (End < Start)
        {
            StartAnew(Start); // R-14.5: records below the log start had not been flushed.
        }

        // R-14.3: what recovery keeps is durable; R-14.5: a reign without a record is not remembered.
        DurableEnd = End;
        CutReigns(End);
        Checkpoint = Math.Clamp(Checkpoint, Start, End);
    }

    /// <summary>C-4.4.</summary>
    public EpochEndOffset EndOf(int epoch)
    {
        int index = _reigns.FindLastIndex(reign => reign.Epoch <= epoch);
        (int found, long end) = _reigns.Count == 0 ? (epoch, End)
            : index < 0 ? (epoch, _reigns[0].Start)
            : (_reigns[index].Epoch, index + 1 < _reigns.Count ? _reigns[index + 1].Start : End);
        return new EpochEndOffset(new LeaderEpoch(found), new Offset(end));
    }

    /// <summary>What a follower is sent from an offset on.</summary>
    public Record[] Read(long offset, int most) => [.. _records.Skip((int)(offset - _base)).Take(most)];

    public override string ToString() =>
        $"[{Start}..{DurableEnd}..{End}) {string.Join(' ', _records.Select((r, i) => $"{_base + i}:{r.Id}@{r.Epoch}"))} reigns {string.Join(' ', _reigns)}";

    private int LatestReign => _reigns.Count == 0 ? -1 : _reigns[^1].Epoch;

    private void Assign(int epoch, long start)
    {
        Invariant.Check(epoch >= LatestReign);
        if (epoch > LatestReign)
        {
            CutReigns(start);
            _reigns.Add((epoch, start));
        }
    }

    private void CutReigns(long end) => _reigns.RemoveAll(reign => reign.Start >= end);
}
