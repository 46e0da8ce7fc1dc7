using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;

namespace RaftStream.Quorum.Tests.Storage;

/// <summary>Each reason not to run, with what it says.</summary>
public sealed class RefusalTests
{
    private readonly SimulatedDisk _disk = new(seed: 1);

    [Fact]
    public void A_folder_that_does_not_exist() => Refuses("does not exist", StorageErrorKind.NotFormatted);

    [Fact]
    public void A_folder_without_identity()
    {
        _disk.CreateDirectory(Quorums.Folder);

        Refuses("meta.properties is missing or damaged", StorageErrorKind.NotFormatted);
    }

    [Fact]
    public void A_folder_of_another_cluster_or_node() // C-2.2
    {
        Quorums.Format(_disk);

        Refuses("belongs to cluster", StorageErrorKind.WrongOwner, new QuorumStoreOptions { ClusterId = Guid.Empty });
        Refuses("belongs to node 1, not to 2", StorageErrorKind.WrongOwner, new QuorumStoreOptions { NodeId = new NodeId(2) });
    }

    [Fact]
    public void A_folder_that_is_open()
    {
        using QuorumStore store = Quorums.New(_disk);

        Refuses("locked", StorageErrorKind.Locked);
    }

    [Fact]
    public void A_lost_quorum_state() // P21
    {
        Quorums.Format(_disk);
        _disk.DeleteFile(Quorums.StateFile);

        Refuses("quorum-state is missing", StorageErrorKind.Missing);
    }

    [Fact]
    public void A_damaged_quorum_state() // C-13.6
    {
        Quorums.Format(_disk);
        _disk.FlipBit(Quorums.StateFile);

        Refuses("quorum-state is damaged", StorageErrorKind.Corrupt);
    }

    [Fact]
    public void A_lost_log_folder() // P21
    {
        Quorums.Format(_disk);
        _disk.DeleteDirectory(Quorums.LogFolder);

        Refuses("is missing", StorageErrorKind.Missing);
    }

    [Fact]
    public void Damage_below_the_durable_bound_twice_and_without_touching_the_log() // C-13.6, P28
    {
        WriteAndClose("a", "b", "c");
        byte[] damaged = _disk.ReadAll(Quorums.Segment);
        damaged[damaged.Length / 2] ^= 1;
        _disk.Overwrite(Quorums.Segment, damaged);

        for (int i = 0; i < 2; i++)
        {
            Refuses("although everything below 4 was durable once", StorageErrorKind.Corrupt);
            Assert.Equal(damaged, _disk.ReadAll(Quorums.Segment));
        }
    }

    [Fact]
    public void A_torn_tail_above_the_bound_is_cut() // C-13.6
    {
        WriteAndClose("a", "b");
        byte[] sound = _disk.ReadAll(Quorums.Segment);
        _disk.Overwrite(Quorums.Segment, [.. sound, .. sound.AsSpan(0, 90)]);

        using QuorumStore store = Quorums.Open(_disk);

        Assert.Equal(["a", "b"], store.ReadValues());
    }

    [Fact]
    public void An_older_state_that_came_back() // C-3.1, P29
    {
        Quorums.Format(_disk);
        byte[] older = _disk.ReadAll(Quorums.StateFile);
        WriteAndClose("a");
        _disk.Overwrite(Quorums.StateFile, older);

        Refuses("The log holds epoch 1, but quorum-state says 0", StorageErrorKind.Corrupt);
        using QuorumStore observer = QuorumStore.Open(_disk, Quorums.Folder, new QuorumStoreOptions { CanBecomeVoter = false });
        Assert.Equal(new LeaderEpoch(1), observer.State.Epoch); // Only who never votes may adopt it.
    }

    [Fact]
    public void The_rule_of_the_older_state_can_be_seen_to_matter() // P29
    {
        Quorums.Format(_disk);
        byte[] older = _disk.ReadAll(Quorums.StateFile);
        WriteAndClose("a");
        _disk.Overwrite(Quorums.StateFile, older);

        using QuorumStore store = QuorumStore.Open(
            _disk, Quorums.Folder, new QuorumStoreOptions { Sabotage = QuorumSabotage.IgnoreLogEpoch });

        Assert.True(store.Recovered.Epochs[^1].Epoch > store.State.Epoch); // It would vote a second time in epoch 1.
    }

    [Fact]
    public void A_log_without_the_snapshot_at_its_front() // S-C9, C-13.3
    {
        using (QuorumStore store = Quorums.New(_disk))
        {
            store.AppendEpoch(1, "a", "b");
            store.Flush();
            store.CreateSnapshot(Quorums.Snapshot(2, 1), Quorums.Voters, [Quorums.Bytes("a")], nowMs: 1);
            Assert.Equal(Quorums.Snapshot(2, 1), store.DeleteOld());
        }

        _disk.DeleteFile($"{Quorums.LogFolder}/00000000000000000002-0000000001.checkpoint");

        Refuses("The log begins at 2, and no sound snapshot holds what was before it", StorageErrorKind.Corrupt);
    }

    [Fact]
    public void An_epoch_that_rises_without_its_first_record()
    {
        using (QuorumStore store = Quorums.New(_disk))
        {
            store.AppendEpoch(1, "a");
            store.Persist(Quorums.State(2));
            store.Append([Quorums.Data(store.LogEnd, 2, "b")], nowMs: 1);
            store.Flush();
        }

        Refuses("is damaged at offset 2", StorageErrorKind.Corrupt);
    }

    [Fact]
    public void A_new_replica_whose_voters_are_damaged() // C-10.5
    {
        Quorums.Format(_disk);
        _disk.FlipBit($"{Quorums.LogFolder}/00000000000000000000-0000000000.checkpoint");

        Refuses("The only snapshot is damaged", StorageErrorKind.Corrupt);
        Refuses("The only snapshot is damaged", StorageErrorKind.Corrupt);
    }

    [Fact]
    public void Formatting_a_folder_that_is_not_empty() // C-2.2
    {
        Quorums.Format(_disk);

        StorageException exception = Assert.Throws<StorageException>(() => Quorums.Format(_disk));
        Assert.Contains("not empty", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_while_formatting_leaves_a_whole_folder_or_one_that_is_refused() // C-2.2
    {
        int opened = 0;
        for (ulong seed = 0; seed < 600; seed++)
        {
            var disk = new SimulatedDisk(seed);
            disk.PowerLossIn(1 + (long)(seed % 60));
            bool isDone = false;
            try
            {
                Quorums.Format(disk);
                isDone = true;
            }
            catch (SimulatedPowerLossException)
            {
            }

            SimulatedDisk image = disk.CrashImage(seed);
            try
            {
                using QuorumStore store = Quorums.Open(image);
                Assert.Equal(new VotersAt(Offset.Zero, Quorums.Voters), Assert.Single(store.Recovered.Voters));
                opened++;
            }
            catch (StorageException) when (!isDone)
            {
            }
        }

        Assert.InRange(opened, 1, 599);
    }

    private void WriteAndClose(params string[] values)
    {
        if (!_disk.FileExists(Quorums.StateFile))
        {
            Quorums.Format(_disk);
        }

        using QuorumStore store = Quorums.Open(_disk);
        store.AppendEpoch(1, values);
        store.Flush();
        store.Checkpoint();
    }

    private void Refuses(string reason, StorageErrorKind kind, QuorumStoreOptions? options = null)
    {
        StorageException exception = Assert.Throws<StorageException>(() => QuorumStore.Open(_disk, Quorums.Folder, options));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(kind, exception.Kind);
    }
}
