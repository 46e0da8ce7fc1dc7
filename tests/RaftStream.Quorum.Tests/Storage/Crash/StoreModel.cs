using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;

namespace RaftStream.Quorum.Tests.Storage.Crash;

/// <summary>What a store was told, and so what must be on its disk after a crash: everything durable, nothing that was removed.</summary>
internal sealed class StoreModel
{
    private Dictionary<SnapshotId, (VoterSet Voters, string[] Records)> _contents = new()
    {
        [SnapshotId.Bootstrap] = (Quorums.Voters, []),
    };

    /// <summary>States that may be found: the last one, and one that was being written.</summary>
    internal List<QuorumState> States { get; set; } = [QuorumState.New];

    /// <summary>All that was appended and not removed, durable or not.</summary>
    internal List<ModelBatch> Batches { get; } = [];

    internal Offset LogStart { get; set; }

    /// <summary>The log ends here or later.</summary>
    internal Offset DurableEnd { get; set; }

    /// <summary>Where the log start may be instead, because it was being moved.</summary>
    internal Offset? NextLogStart { get; set; }

    /// <summary>Must be there.</summary>
    internal SortedSet<SnapshotId> Snapshots { get; } =
        new(Comparer<SnapshotId>.Create((a, b) => (a.EndOffset.Value, a.Epoch.Value).CompareTo((b.EndOffset.Value, b.Epoch.Value))))
        {
            SnapshotId.Bootstrap,
        };

    /// <summary>A snapshot ahead of the log, installed or being installed: when it is found, the log begins anew there.</summary>
    internal SnapshotId? Installing { get; set; }

    internal Offset LogEnd => Batches is [.., var last] ? last.End : LogStart;

    internal QuorumState State => States[^1];

    /// <summary>To check one of several disks that a crash may leave.</summary>
    internal StoreModel Copy()
    {
        var copy = new StoreModel
        {
            _contents = new(_contents),
            States = [.. States],
            LogStart = LogStart,
            DurableEnd = DurableEnd,
            NextLogStart = NextLogStart,
            Installing = Installing,
        };
        copy.Batches.AddRange(Batches);
        copy.Snapshots.Clear();
        copy.Snapshots.UnionWith(Snapshots);
        return copy;
    }

    internal void Describe(SnapshotId id, VoterSet voters, string[] records) => _contents[id] = (voters, records);

    internal string[] RecordsOf(SnapshotId id) => _contents[id].Records;

    internal void Cut(Offset target) => Batches.RemoveAll(batch => batch.Base >= target);

    internal void BeginAt(Offset start)
    {
        Batches.RemoveAll(batch => batch.Base < start);
        LogStart = start;
        NextLogStart = null;
    }

    internal void Restart(Offset start)
    {
        Batches.Clear();
        LogStart = start;
        DurableEnd = start;
        NextLogStart = null;
        Installing = null;
    }

    /// <summary>Compares a reopened store with this; then goes on from what was found, which is durable now.</summary>
    internal void Check(QuorumStore store)
    {
        RecoveredLog found = store.Recovered;
        Assert.Contains(store.State, States); // S-C3, P1
        CheckSnapshots(store);
        SnapshotId newest = found.Snapshots[^1];
        if (newest == Installing)
        {
            Restart(newest.EndOffset); // C-13.3
        }

        Assert.True(found.LogStart == LogStart || found.LogStart == NextLogStart, $"log start {found.LogStart}, not {LogStart} or {NextLogStart}");
        Assert.True(found.LogStart == Offset.Zero || found.Snapshots.Any(id => id.EndOffset == found.LogStart)); // S-C9
        Assert.True(found.LogEnd >= DurableEnd, $"log end {found.LogEnd}, but {DurableEnd} was durable"); // P2, P3
        BeginAt(found.LogStart);
        Cut(found.LogEnd);
        Assert.Equal(LogEnd, found.LogEnd);
        Assert.Equal(store.LogEnd, found.LogEnd);
        Assert.Equal(store.DurableEnd, found.LogEnd);
        CheckBatches(store);
        CheckDerived(found, newest);

        States = [store.State];
        DurableEnd = found.LogEnd;
        Installing = null;
        Snapshots.Clear();
        Snapshots.UnionWith(found.Snapshots);
    }

    private void CheckSnapshots(QuorumStore store)
    {
        Assert.Empty(Snapshots.Except(store.Recovered.Snapshots).Select(id => $"{id} is gone"));
        foreach (SnapshotId id in store.Recovered.Snapshots)
        {
            Assert.Equal(RecordsOf(id), store.LoadSnapshot(id).Select(Quorums.Text));
            Assert.Equal(_contents[id].Voters, store.SnapshotVoters(id));
        }
    }

    private void CheckBatches(QuorumStore store)
    {
        List<LogBatch> batches = store.ReadAll();
        Assert.Equal(Batches.Count, batches.Count);
        foreach ((ModelBatch expected, LogBatch batch) in Batches.Zip(batches))
        {
            string value = batch.Control.IsEmpty ? Quorums.Text(QuorumStore.Values(batch)[0]) : "";
            Assert.Equal(expected with { Voters = null }, new ModelBatch(batch.BaseOffset, batch.EndOffset, batch.Epoch, value, null));
        }
    }

    /// <summary>Epochs and voters are as the batches say (C-4.4, C-11.1); no epoch is later than the state's (S-C3).</summary>
    private void CheckDerived(RecoveredLog found, SnapshotId newest)
    {
        var epochs = new List<EpochStart>();
        var voters = new List<VotersAt>();
        foreach (ModelBatch batch in Batches)
        {
            if (epochs is not [.., var last] || last.Epoch != batch.Epoch)
            {
                epochs.Add(new EpochStart(batch.Epoch, batch.Base));
            }

            if (batch.Voters is not null)
            {
                voters.Add(new VotersAt(batch.Base, batch.Voters));
            }
        }

        voters.Add(new VotersAt(newest.EndOffset, _contents[newest].Voters));
        Assert.Equal(epochs, found.Epochs.ToList());
        Assert.Equal(voters.OrderBy(entry => entry.Offset.Value).ThenBy(entry => entry != voters[^1]), found.Voters.ToList());
        Assert.DoesNotContain(found.Epochs, entry => States.All(state => entry.Epoch > state.Epoch));
    }
}

/// <summary>A batch that was appended.</summary>
/// <param name="Value">The only value of a data batch; empty for a control batch.</param>
/// <param name="Voters">Of a Voters record.</param>
internal sealed record ModelBatch(Offset Base, Offset End, LeaderEpoch Epoch, string Value, VoterSet? Voters);
