using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;

namespace RaftStream.Quorum.Tests.Storage.Crash;

/// <summary>Damages one file of a folder with a history, then opens it: either it refuses, or nothing durable is missing (C-13.6, F-5, P20, P28).</summary>
internal sealed class DamageRun(ulong seed, QuorumSabotage sabotage = QuorumSabotage.None)
{
    private readonly Prng _random = new(seed);
    private readonly SimulatedDisk _disk = new(seed);
    private readonly QuorumStoreOptions _options = new() { SegmentBytes = 900, Sabotage = sabotage };
    private readonly Dictionary<SnapshotId, string[]> _snapshots = new() { [SnapshotId.Bootstrap] = [] };
    private readonly Dictionary<long, string> _values = [];

    /// <summary>What was done to which file.</summary>
    internal string Damage { get; private set; } = "";

    /// <summary>Why the folder was refused; null when it was opened.</summary>
    internal string? Refusal { get; private set; }

    internal void Run()
    {
        (QuorumState state, Offset end) = LiveBefore();
        DamageOneFile();
        QuorumStore store;
        try
        {
            store = QuorumStore.Open(_disk, Quorums.Folder, _options);
        }
        catch (StorageException exception)
        {
            Refusal = exception.Message;
            Assert.True(exception.Kind is StorageErrorKind.Corrupt or StorageErrorKind.Missing or StorageErrorKind.NotFormatted);
            return;
        }

        Assert.Equal(state, store.State);
        Assert.Equal(end, store.LogEnd);
        Assert.True(store.LogStart == Offset.Zero || store.Snapshots.Any(id => id.EndOffset == store.LogStart));
        Assert.NotEmpty(store.Recovered.Voters);
        foreach (SnapshotId id in store.Snapshots)
        {
            Assert.Equal(_snapshots[id], store.LoadSnapshot(id).Select(Quorums.Text));
        }

        foreach (LogBatch batch in store.ReadAll().Where(batch => batch.Control.IsEmpty))
        {
            Assert.Equal(_values[batch.BaseOffset.Value], Quorums.Text(QuorumStore.Values(batch)[0]));
        }
    }

    /// <summary>Some epochs, snapshots and perhaps a log start above 0; everything flushed, and the bound noted.</summary>
    private (QuorumState State, Offset End) LiveBefore()
    {
        Quorums.Format(_disk);
        QuorumStore store = QuorumStore.Open(_disk, Quorums.Folder, _options);
        int epochs = _random.Next(4);
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            string[] values = [.. Enumerable.Range(0, 1 + _random.Next(6)).Select(i => $"{epoch} {i} {new string('v', _random.Next(200))}")];
            store.AppendEpoch(epoch, values);
            Offset first = store.LogEnd.Plus(-values.Length);
            for (int i = 0; i < values.Length; i++)
            {
                _values[first.Value + i] = values[i];
            }

            store.Flush();
            if (_random.OneIn(2))
            {
                CreateSnapshot(store, epoch);
            }
        }

        if (_random.OneIn(2))
        {
            store.DeleteOld();
        }

        QuorumState state = Quorums.State(epochs, voted: Quorums.Voters.Voters[0].Key);
        if (_random.OneIn(3))
        {
            store.Checkpoint();
        }

        store.Persist(state);
        Offset end = store.LogEnd;
        if (_random.OneIn(2))
        {
            store.CloseCleanly();
        }

        store.Dispose();
        return (state, end);
    }

    private void CreateSnapshot(QuorumStore store, int epoch)
    {
        string[] records = [$"up to {store.LogEnd}", "and more"];
        SnapshotId id = Quorums.Snapshot(store.LogEnd.Value, epoch);
        _snapshots[id] = records;
        store.CreateSnapshot(id, Quorums.Voters, records.Select(Quorums.Bytes), nowMs: 1);
    }

    private void DamageOneFile()
    {
        string[] paths =
        [
            .. _disk.ListFiles(Quorums.Folder).Select(name => $"{Quorums.Folder}/{name}"),
            .. _disk.ListFiles(Quorums.LogFolder).Select(name => $"{Quorums.LogFolder}/{name}"),
        ];
        string path = paths[_random.Next(paths.Length)];
        byte[] bytes = _disk.ReadAll(path);
        if (bytes.Length == 0)
        {
            return;
        }

        bool isCut = _random.OneIn(3);
        Damage = isCut ? $"cut {path}" : $"flipped a bit of {path}";
        if (isCut)
        {
            _disk.Overwrite(path, bytes.AsSpan(0, _random.Next(bytes.Length)));
        }
        else
        {
            _disk.FlipBit(path);
        }
    }
}
