using RaftStream.Model;

namespace RaftStream.Raft.Log;

/// <summary>Who votes, as snapshot and log say up to their end, committed or not (C-9.2, C-11.1).</summary>
internal sealed class VoterHistory
{
    private readonly List<VotersAt> _records = [];
    private VotersAt _base = new(Offset.Zero, VoterSet.Empty);
    private bool _fromBootstrap = true;

    public VoterHistory(RecoveredLog log)
    {
        int first = 0;
        if (log.Snapshots is [.., SnapshotId newest])
        {
            _fromBootstrap = newest == SnapshotId.Bootstrap;
            for (int i = 0; i < log.Voters.Length; i++)
            {
                if (log.Voters[i].Offset == newest.EndOffset)
                {
                    _base = log.Voters[i];
                    first = i + 1;
                    break;
                }
            }
        }

        for (int i = first; i < log.Voters.Length; i++)
        {
            _records.Add(log.Voters[i]);
        }
    }

    /// <summary>The set in force: the last one in the log.</summary>
    public VoterSet Latest => _records.Count > 0 ? _records[^1].Set : _base.Set;

    /// <summary>Where the set in force was written; null when it came with a snapshot.</summary>
    public Offset? LatestRecord => _records.Count > 0 ? _records[^1].Offset : null;

    /// <summary>False while the voters are known from formatting only: the first leader writes them into the log (C-8.1).</summary>
    public bool IsInLog => _records.Count > 0 || !_fromBootstrap;

    /// <summary>The set in force behind the record at <paramref name="end"/> - 1; for snapshots (C-10.1).</summary>
    public VoterSet At(Offset end)
    {
        int at = _records.FindLastIndex(entry => entry.Offset < end);
        return at < 0 ? _base.Set : _records[at].Set;
    }

    /// <summary>A batch with a Voters record was appended at this offset.</summary>
    public void Add(Offset offset, VoterSet set) => _records.Add(new VotersAt(offset, set));

    /// <summary>What was cut off no longer counts (C-4.7, P17).</summary>
    public void TruncateTo(Offset target) => _records.RemoveAll(entry => entry.Offset >= target);

    /// <summary>The log begins at a snapshot's end now: earlier records are part of the base.</summary>
    public void AdvanceStart(Offset logStart)
    {
        VoterSet set = At(logStart);
        _fromBootstrap &= !_records.Exists(entry => entry.Offset < logStart);
        _records.RemoveAll(entry => entry.Offset < logStart);
        _base = new VotersAt(logStart, set);
    }

    /// <summary>A fetched snapshot takes the place of everything.</summary>
    public void Reset(SnapshotId id, VoterSet voters)
    {
        _records.Clear();
        _base = new VotersAt(id.EndOffset, voters);
        _fromBootstrap = false;
    }
}
