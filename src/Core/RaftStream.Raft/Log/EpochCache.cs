using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Log;

/// <summary>Where each epoch begins in the log (C-4.4): strictly growing in epochs and offsets.</summary>
internal sealed class EpochCache
{
    private readonly List<EpochStart> _entries;

    public EpochCache(ImmutableArray<EpochStart> entries)
    {
        for (int i = 1; i < entries.Length; i++)
        {
            Invariant.Check(entries[i - 1].Epoch < entries[i].Epoch && entries[i - 1].Start < entries[i].Start);
        }

        _entries = [.. entries];
    }

    /// <summary>The epoch that ends the log; null when the log is empty.</summary>
    public LeaderEpoch? Last => _entries.Count > 0 ? _entries[^1].Epoch : null;

    /// <summary>A batch of this epoch begins here.</summary>
    public void Add(LeaderEpoch epoch, Offset start)
    {
        if (Last != epoch)
        {
            Invariant.Check(_entries.Count == 0 || (_entries[^1].Epoch < epoch && _entries[^1].Start < start));
            _entries.Add(new EpochStart(epoch, start));
        }
    }

    /// <summary>The largest known epoch at or below <paramref name="epoch"/> and where it ends (C-4.4); null when nothing is known.</summary>
    public (LeaderEpoch Epoch, Offset End)? EndOffsetFor(LeaderEpoch epoch, Offset logEnd)
    {
        if (_entries.Count == 0)
        {
            return null;
        }

        int at = _entries.FindLastIndex(entry => entry.Epoch <= epoch);
        if (at < 0)
        {
            return (epoch, _entries[0].Start);
        }

        return at == _entries.Count - 1
            ? (_entries[at].Epoch, logEnd)
            : (_entries[at].Epoch, _entries[at + 1].Start);
    }

    /// <summary>The epoch of the record at <paramref name="offset"/>, which is in the log.</summary>
    public LeaderEpoch EpochAt(Offset offset)
    {
        int at = _entries.FindLastIndex(entry => entry.Start <= offset);
        Invariant.Check(at >= 0);
        return _entries[at].Epoch;
    }

    /// <summary>Forgets epochs that begin at or above <paramref name="target"/>, also when the log ends there (P45).</summary>
    public void TruncateTo(Offset target) => _entries.RemoveAll(entry => entry.Start >= target);

    /// <summary>Forgets epochs that ended at or below the new log start; the one that covers it begins there.</summary>
    public void AdvanceStart(Offset logStart, Offset logEnd)
    {
        while (_entries.Count > 0 && (_entries.Count > 1 ? _entries[1].Start : logEnd) <= logStart)
        {
            _entries.RemoveAt(0);
        }

        if (_entries.Count > 0 && _entries[0].Start < logStart)
        {
            _entries[0] = _entries[0] with { Start = logStart };
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _entries.Clear();
}
