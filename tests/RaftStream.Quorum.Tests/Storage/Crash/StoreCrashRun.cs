using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Tests.Storage.Crash;

/// <summary>The life of one store on a disk that loses power, fails flushes and restarts processes; checked after each death.</summary>
internal sealed class StoreCrashRun
{
    private const int Lives = 4;
    private const int StepsPerLife = 25;
    private const int ImagesPerCrash = 2;

    private readonly Prng _random;
    private readonly QuorumStoreOptions _options;
    private readonly DiskLies _lies;
    private readonly List<string> _trace = [];
    private SimulatedDisk _disk;
    private readonly StoreModel _model = new();
    private QuorumStore _store = null!;
    private int _values;

    internal StoreCrashRun(
        ulong seed, QuorumSabotage sabotage = QuorumSabotage.None, Sabotage logSabotage = Sabotage.None, DiskLies lies = DiskLies.None)
    {
        _random = new Prng(seed);
        _disk = new SimulatedDisk(_random.NextUInt64());
        _lies = lies;
        _options = new QuorumStoreOptions { SegmentBytes = 600 + _random.Next(2000), Sabotage = sabotage, LogSabotage = logSabotage };
    }

    internal string Trace => string.Join('\n', _trace) + "\n";

    internal void Run()
    {
        Quorums.Format(_disk);
        _disk.Lies = _lies;
        for (int life = 0; life < Lives; life++)
        {
            OpenAndCheck();
            Live();
            Die();
        }

        OpenAndCheck();
    }

    /// <summary>Until the power fails, an operation fails, or nothing more comes.</summary>
    private void Live()
    {
        bool losesPower = !_random.OneIn(3);
        if (losesPower)
        {
            _disk.PowerLossIn(1 + _random.Next(120));
        }
        else if (_random.OneIn(2))
        {
            DiskOperation[] kinds = [DiskOperation.Flush, DiskOperation.Write, DiskOperation.Rename, DiskOperation.SyncDirectory];
            string?[] places = ["quorum-state", ".log", null];
            _disk.Fail(kinds[_random.Next(kinds.Length)], places[_random.Next(places.Length)]);
        }

        try
        {
            for (int i = 0; i < StepsPerLife; i++)
            {
                Step();
            }
        }
        catch (SimulatedPowerLossException)
        {
            Note("power lost");
        }
        catch (StorageException exception)
        {
            Note($"stopped: {exception.Message}");
        }

        // Whatever it said last must hold.
        _model.DurableEnd = Offset.Max(_model.DurableEnd, _store.DurableEnd);
        _disk.ClearFaults();
        if (!_disk.HasLostPower)
        {
            _disk.PowerLossIn(long.MaxValue);
        }
    }

    private void Die()
    {
        if (_disk.HasLostPower || _random.OneIn(2))
        {
            // Every disk that may be left must do; the life goes on with the last.
            for (int i = 1; i < ImagesPerCrash; i++)
            {
                SimulatedDisk image = _disk.CrashImage(_random.NextUInt64());
                using QuorumStore store = QuorumStore.Open(image, Quorums.Folder, _options);
                _model.Copy().Check(store);
            }

            _disk = _disk.CrashImage(_random.NextUInt64());
            Note("crash");
            return;
        }

        _disk.RestartProcess(evictCleanPages: _random.OneIn(2));
        Note("process restarts");
    }

    private void OpenAndCheck()
    {
        while (_random.OneIn(3))
        {
            // A crash inside recovery.
            _disk.PowerLossIn(1 + _random.Next(25));
            try
            {
                QuorumStore.Open(_disk, Quorums.Folder, _options);
            }
            catch (SimulatedPowerLossException)
            {
                Note("power lost while opening");
            }

            _disk = _disk.CrashImage(_random.NextUInt64());
        }

        _store = QuorumStore.Open(_disk, Quorums.Folder, _options);
        _model.Check(_store);
        Note($"open: {_model.State.Epoch}, log [{_store.LogStart}, {_store.LogEnd}), snapshots {string.Join(' ', _store.Snapshots)}");
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case < 3:
                Vote();
                break;
            case < 6:
                BeginEpoch();
                break;
            case < 10:
                AppendData();
                break;
            case < 13:
                Flush();
                break;
            case 13:
                Checkpoint();
                break;
            case 14:
                Truncate();
                break;
            case 15 or 16:
                CreateSnapshot();
                break;
            case 17:
                Install();
                break;
            case 18:
                DeleteOld();
                break;
            default:
                Reopen();
                break;
        }
    }

    private void Persist(QuorumState state)
    {
        Note($"persist {state}");
        _model.States.Add(state);
        _store.Persist(state);
        _model.States = [state];
    }

    private void Vote()
    {
        Voter candidate = Quorums.Voters.Voters[_random.Next(3)];
        Persist(Quorums.State(_model.State.Epoch.Value + 1 + _random.Next(2), voted: candidate.Key));
    }

    private void BeginEpoch()
    {
        Persist(Quorums.State(_model.State.Epoch.Value + 1, leader: 1));
        VoterSet? voters = _random.OneIn(3) ? Quorums.Voters.Without(new NodeId(2 + _random.Next(2))) : null;
        ControlRecord[] records = voters is null ? [Quorums.LeaderChange(1)] : [Quorums.LeaderChange(1), new ControlRecord.Voters(voters)];
        Append(Quorums.Control(_model.LogEnd, _model.State.Epoch.Value, records), "", voters);
    }

    private void AppendData()
    {
        if (_model.Batches is not [.., var last] || last.Epoch != _model.State.Epoch)
        {
            BeginEpoch();
        }

        string value = $"{_values++}:{new string('x', _random.Next(700))}";
        Append(Quorums.Data(_model.LogEnd, _model.State.Epoch.Value, value), value, null);
    }

    private void Append(LogBatch batch, string value, VoterSet? voters)
    {
        Note($"append [{batch.BaseOffset}, {batch.EndOffset}) in {batch.Epoch}");
        _model.Batches.Add(new ModelBatch(batch.BaseOffset, batch.EndOffset, batch.Epoch, value, voters));
        _store.Append([batch], nowMs: 1000);
    }

    private void Flush()
    {
        _model.DurableEnd = _store.Flush();
        Note($"flushed to {_model.DurableEnd}");
        Assert.Equal(_model.LogEnd, _model.DurableEnd);
    }

    private void Checkpoint()
    {
        Note("checkpoint");
        _store.Checkpoint();
    }

    private void Truncate()
    {
        Offset lowest = Offset.Max(_model.LogStart, _model.Snapshots.Max.EndOffset);
        Offset[] targets = [.. _model.Batches.Select(batch => batch.Base).Where(offset => offset >= lowest)];
        if (targets.Length == 0)
        {
            return;
        }

        Offset target = targets[_random.Next(targets.Length)];
        Note($"truncate to {target}");
        _model.DurableEnd = Offset.Min(_model.DurableEnd, target);
        _store.Truncate(target);
        _model.Cut(target);
    }

    private void CreateSnapshot()
    {
        ModelBatch[] ends = [.. _model.Batches.Where(batch => batch.End <= _model.DurableEnd && batch.End > _model.Snapshots.Max.EndOffset)];
        if (ends.Length == 0)
        {
            return;
        }

        ModelBatch end = ends[_random.Next(ends.Length)];
        var id = new SnapshotId(end.End, end.Epoch);
        string[] records = Describe(id);
        Note($"create snapshot {id}");
        _store.CreateSnapshot(id, Quorums.Voters, records.Select(Quorums.Bytes), nowMs: 1000);
        _model.Snapshots.Add(id);
    }

    private void Install()
    {
        Persist(Quorums.State(_model.State.Epoch.Value + 1, leader: 2));
        bool isLonger = _random.OneIn(2);
        Offset end = isLonger ? _model.LogEnd.Plus(1 + _random.Next(20)) : Offset.Max(_model.Snapshots.Max.EndOffset, _model.LogEnd).Plus(1);
        var id = new SnapshotId(end, _model.State.Epoch);
        byte[] file = FileOf(id, Describe(id));
        for (int at = 0; at < file.Length; at += 200)
        {
            _store.StoreChunk(id, at, file.AsMemory(at, Math.Min(200, file.Length - at)));
        }

        Note($"install snapshot {id}");
        _model.Installing = id;
        Assert.Equal(Quorums.Voters, _store.FinishSnapshot(id));
        _model.Snapshots.Add(id);
        _store.Reset(id);
        _model.Restart(id.EndOffset);
    }

    private string[] Describe(SnapshotId id)
    {
        string[] records = [.. Enumerable.Range(0, _random.Next(6)).Select(i => $"{id} {i} {new string('s', _random.Next(300))}")];
        _model.Describe(id, Quorums.Voters, records);
        return records;
    }

    private static byte[] FileOf(SnapshotId id, string[] records)
    {
        var elsewhere = new MemoryFileSystem();
        elsewhere.CreateDirectory("/s");
        var snapshots = new SnapshotStore(elsewhere, "/s", QuorumSabotage.None);
        snapshots.Create(new SnapshotContent(id, Quorums.Voters, [.. records.Select(Quorums.Bytes)]), nowMs: 1000);
        return snapshots.ReadChunk(id, 0, int.MaxValue)!.Value.Bytes.ToArray();
    }

    private void DeleteOld()
    {
        SnapshotId[] ids = [.. _model.Snapshots];
        if (ids.Length < 2 || ids[1].EndOffset > _model.DurableEnd)
        {
            Assert.Null(_store.DeleteOld());
            return;
        }

        Note($"delete snapshot {ids[0]}");
        _model.Snapshots.Remove(ids[0]);
        _model.NextLogStart = Offset.Max(_model.LogStart, ids[1].EndOffset);
        Assert.Equal(ids[1], _store.DeleteOld());
        _model.BeginAt(_model.NextLogStart.Value);
    }

    private void Reopen()
    {
        if (_random.OneIn(2))
        {
            return;
        }

        Note("clean stop");
        _store.CloseCleanly();
        _model.DurableEnd = _model.LogEnd;
        _store = QuorumStore.Open(_disk, Quorums.Folder, _options);
        _model.Check(_store);
    }

    private void Note(string line) => _trace.Add(line);
}
