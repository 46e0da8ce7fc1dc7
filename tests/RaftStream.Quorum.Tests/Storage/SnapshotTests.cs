using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;

namespace RaftStream.Quorum.Tests.Storage;

public sealed class SnapshotTests
{
    private static readonly SnapshotId Id = Quorums.Snapshot(3, 1);
    private readonly SimulatedDisk _leaderDisk = new(seed: 1);
    private readonly SimulatedDisk _disk = new(seed: 2);

    [Fact]
    public void A_fetched_snapshot_replaces_the_log() // C-10.4
    {
        using QuorumStore leader = Leader();
        using (QuorumStore follower = Quorums.New(_disk))
        {
            follower.Persist(Quorums.State(1, leader: 1));
            Assert.Equal(Quorums.Voters, Fetch(leader, follower));
            follower.Reset(Id);
            Assert.Equal(new Offset(3), follower.LogEnd);
        }

        using QuorumStore again = Quorums.Open(_disk);

        Assert.Equal(["one", "two"], again.LoadSnapshot(Id).Select(Quorums.Text));
        Assert.Equal(new Offset(3), again.LogStart);
        Assert.Equal([SnapshotId.Bootstrap, Id], again.Snapshots.ToArray());
        Assert.Equal(new VotersAt(new Offset(3), Quorums.Voters), Assert.Single(again.Recovered.Voters));
    }

    [Fact]
    public void A_snapshot_ahead_of_the_log_resets_it_at_the_next_start() // C-13.3, P19
    {
        using QuorumStore leader = Leader();
        using (QuorumStore follower = Quorums.New(_disk))
        {
            follower.Persist(Quorums.State(1, leader: 1));
            Fetch(leader, follower);
        }

        using QuorumStore again = Quorums.Open(_disk);

        Assert.Equal(new Offset(3), again.LogStart);
        Assert.Equal(new Offset(3), again.LogEnd);
    }

    [Fact]
    public void A_chunk_that_is_damaged_or_missing_rejects_the_snapshot() // P20
    {
        using QuorumStore leader = Leader();
        using QuorumStore follower = Quorums.New(_disk);
        byte[] file = leader.ReadChunk(Id, 0, int.MaxValue)!.Value.Bytes.ToArray();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] damaged = [.. file];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            follower.StoreChunk(Id, 0, damaged);
            Assert.True(follower.FinishSnapshot(Id) is null, $"bit {bit} is not covered");
        }

        for (int length = 0; length < file.Length; length++)
        {
            follower.StoreChunk(Id, 0, file.AsMemory(0, length));
            Assert.Null(follower.FinishSnapshot(Id));
        }

        follower.StoreChunk(Quorums.Snapshot(4, 1), 0, file); // another one's bytes
        Assert.Null(follower.FinishSnapshot(Quorums.Snapshot(4, 1)));
        Assert.Equal(SnapshotId.Bootstrap, Assert.Single(follower.Snapshots));
        Assert.DoesNotContain(_disk.ListFiles(Quorums.LogFolder), name => name.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public void Chunks_come_in_order_and_begin_anew_at_0()
    {
        using QuorumStore leader = Leader();
        using QuorumStore follower = Quorums.New(_disk);
        follower.StoreChunk(Id, 0, new byte[50]);

        Assert.Throws<InvariantViolationException>(() => follower.StoreChunk(Id, 40, new byte[5]));
        Assert.Equal(Quorums.Voters, Fetch(leader, follower));
    }

    [Fact]
    public void A_partial_snapshot_is_gone_after_a_restart() // C-13.1
    {
        using (QuorumStore store = Quorums.New(_disk))
        {
            store.StoreChunk(Id, 0, new byte[50]);
        }

        using QuorumStore again = Quorums.Open(_disk);

        Assert.DoesNotContain(_disk.ListFiles(Quorums.LogFolder), name => name.EndsWith(".part", StringComparison.Ordinal));
        Assert.Null(again.FinishSnapshot(Id));
        again.AbandonSnapshot(Id);
    }

    [Fact]
    public void A_chunk_outside_the_file_is_empty_and_an_unknown_snapshot_has_none() // 7.5
    {
        using QuorumStore leader = Leader();
        long size = leader.ReadChunk(Id, 0, 10)!.Value.Size;

        Assert.Equal(10, leader.ReadChunk(Id, 0, 10)!.Value.Bytes.Length);
        Assert.Equal(5, leader.ReadChunk(Id, size - 5, 10)!.Value.Bytes.Length);
        Assert.Equal(0, leader.ReadChunk(Id, size, 10)!.Value.Bytes.Length);
        Assert.Null(leader.ReadChunk(Quorums.Snapshot(9, 9), 0, 10));
    }

    [Fact]
    public void Old_snapshots_go_one_by_one_and_never_the_newest() // C-10.3
    {
        using QuorumStore store = Leader();
        store.CreateSnapshot(Quorums.Snapshot(4, 1), Quorums.Voters, [Quorums.Bytes("later")], nowMs: 1);

        Assert.Equal(Id, store.DeleteOld());
        Assert.Equal(new Offset(3), store.LogStart);
        Assert.Equal(Quorums.Snapshot(4, 1), store.DeleteOld());
        Assert.Equal(new Offset(4), store.LogStart);
        Assert.Null(store.DeleteOld());
        Assert.Equal(Quorums.Snapshot(4, 1), Assert.Single(store.Snapshots));
    }

    [Fact]
    public void The_next_older_snapshot_stands_in_for_a_damaged_one() // C-10.5
    {
        using (QuorumStore store = Leader())
        {
            store.CreateSnapshot(Quorums.Snapshot(4, 1), Quorums.Voters, [Quorums.Bytes("later")], nowMs: 1);
            store.DeleteOld();
        }

        _leaderDisk.FlipBit($"{Quorums.LogFolder}/00000000000000000004-0000000001.checkpoint");
        using QuorumStore again = Quorums.Open(_leaderDisk);

        Assert.Equal(Id, Assert.Single(again.Snapshots));
        Assert.Equal(new Offset(3), again.LogStart);
        Assert.Equal(new Offset(5), again.LogEnd);
    }

    [Fact]
    public void A_failed_flush_stops_the_store_for_good() // C-13.5, P27
    {
        Action<QuorumStore>[] changes =
        [
            store => store.Persist(Quorums.State(9)),
            store => store.Flush(),
            store => store.Truncate(new Offset(4)),
            store => store.CreateSnapshot(Quorums.Snapshot(4, 1), Quorums.Voters, [], nowMs: 1),
            store => store.Checkpoint(),
        ];
        foreach (Action<QuorumStore> change in changes)
        {
            var disk = new SimulatedDisk(seed: 3);
            using QuorumStore store = Leader(disk);
            store.Append([Quorums.Data(store.LogEnd, 1, "unflushed")], nowMs: 1);
            disk.Fail(DiskOperation.Flush);
            Offset durable = store.DurableEnd;

            Assert.Throws<StorageException>(() => change(store));
            Assert.NotNull(store.Failure);
            Assert.True(store.DurableEnd <= durable);
            foreach (Action<QuorumStore> next in changes)
            {
                Assert.Equal(StorageErrorKind.Stopped, Assert.Throws<StorageException>(() => next(store)).Kind);
            }
        }
    }

    private QuorumStore Leader() => Leader(_leaderDisk);

    /// <summary>A log [0, 5) with a snapshot at 3.</summary>
    private static QuorumStore Leader(SimulatedDisk disk)
    {
        QuorumStore store = Quorums.New(disk);
        store.AppendEpoch(1, "a", "b", "c", "d");
        store.Flush();
        store.CreateSnapshot(Id, Quorums.Voters, [Quorums.Bytes("one"), Quorums.Bytes("two")], nowMs: 1);
        return store;
    }

    private static VoterSet? Fetch(QuorumStore leader, QuorumStore follower)
    {
        for (long at = 0; ;)
        {
            (ReadOnlyMemory<byte> bytes, long size) = leader.ReadChunk(Id, at, maxBytes: 64)!.Value;
            follower.StoreChunk(Id, at, bytes);
            at += bytes.Length;
            if (at == size)
            {
                return follower.FinishSnapshot(Id);
            }
        }
    }
}
