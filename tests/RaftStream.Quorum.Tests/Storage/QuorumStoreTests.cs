using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Tests.Storage;

public sealed class QuorumStoreTests
{
    private readonly MemoryFileSystem _disk = new();

    [Fact]
    public void A_new_folder_holds_nothing_but_the_bootstrap_snapshot() // C-2.2
    {
        using QuorumStore store = Quorums.New(_disk);

        Assert.Equal(Quorums.Identity, store.Identity);
        Assert.Equal(QuorumState.New, store.State);
        Assert.Equal([SnapshotId.Bootstrap], store.Recovered.Snapshots.ToArray());
        Assert.Equal([new VotersAt(Offset.Zero, Quorums.Voters)], store.Recovered.Voters.ToArray());
        Assert.Equal(Offset.Zero, store.LogEnd);
        Assert.Empty(store.LoadSnapshot(SnapshotId.Bootstrap));
        Assert.Null(store.ReadChunk(SnapshotId.Bootstrap, 0, 100)); // never served
    }

    [Fact]
    public void A_folder_formatted_without_voters_has_no_snapshot()
    {
        QuorumStore.Format(_disk, Quorums.Folder, Quorums.Identity, VoterSet.Empty);

        using QuorumStore store = Quorums.Open(_disk);

        Assert.Empty(store.Recovered.Snapshots);
        Assert.Empty(store.Recovered.Voters);
    }

    [Fact]
    public void State_log_epochs_and_voters_are_found_again()
    {
        QuorumState state = Quorums.State(7, leader: 2, voted: Quorums.Voters.Voters[2].Key);
        VoterSet fewer = Quorums.Voters.Without(new NodeId(3));
        using (QuorumStore store = Quorums.New(_disk))
        {
            store.AppendEpoch(3, "a", "b");
            store.Append([Quorums.Control(store.LogEnd, 3, new ControlRecord.Voters(fewer), new ControlRecord.KVersion(1))], 1);
            store.AppendEpoch(5, "c");
            Assert.Equal(store.LogEnd, store.Flush());
            store.Persist(state);
        }

        using QuorumStore again = Quorums.Open(_disk);

        Assert.Equal(state, again.State);
        Assert.Equal(["a", "b", "c"], again.ReadValues());
        Assert.Equal([new(new LeaderEpoch(3), Offset.Zero), new(new LeaderEpoch(5), new Offset(5))], again.Recovered.Epochs.ToArray());
        Assert.Equal([new(Offset.Zero, Quorums.Voters), new(new Offset(3), fewer)], again.Recovered.Voters.ToArray());
        Assert.Equal(new Offset(7), again.Recovered.LogEnd);
        Assert.Equal(again.LogEnd, again.DurableEnd);
    }

    [Fact]
    public void A_leader_s_bytes_go_into_a_follower_s_log_as_they_are()
    {
        using QuorumStore leader = Quorums.New(_disk);
        var other = new MemoryFileSystem();
        using QuorumStore follower = Quorums.New(other);
        leader.AppendEpoch(2, "a", "b");
        leader.AppendEpoch(4, "c");
        follower.Persist(Quorums.State(4));

        ReadOnlyMemory<byte> sent = leader.Read(Offset.Zero, leader.LogEnd, 1 << 20);
        follower.Append(QuorumStore.Parse(sent), nowMs: 5);

        Assert.Equal(sent.ToArray(), follower.Read(Offset.Zero, follower.LogEnd, 1 << 20).ToArray());
        LogBatch first = follower.ReadAll()[0];
        var change = Assert.IsType<ControlRecord.LeaderChange>(Assert.Single(first.Control));
        Assert.Equal(new NodeId(1), change.LeaderId);
        Assert.Equal([new NodeId(1), new NodeId(2)], change.GrantingVoters.ToArray());
    }

    [Fact]
    public void Parsing_stops_at_the_first_damaged_batch() // C-4.8
    {
        using QuorumStore store = Quorums.New(_disk);
        store.AppendEpoch(1, "aaaa", "bbbb", "cccc");
        byte[] sound = store.Read(Offset.Zero, store.LogEnd, 1 << 20).ToArray();
        int second = QuorumStore.Parse(sound).Take(2).Sum(batch => batch.Bytes.Length);

        for (int at = second + 16; at < second + 60; at++)
        {
            byte[] damaged = [.. sound];
            damaged[at] ^= 4;
            Assert.Equal(2, QuorumStore.Parse(damaged).Length);
        }

        Assert.Equal(3, QuorumStore.Parse(sound.AsMemory(0, sound.Length - 1)).Length);
        Assert.Empty(QuorumStore.Parse(default));
        Assert.Equal(4, QuorumStore.Parse(sound).Length);
    }

    [Fact]
    public void Reading_gives_at_least_one_batch_and_none_past_the_bound()
    {
        using QuorumStore store = Quorums.New(_disk);
        store.AppendEpoch(1, "a", "b");

        Assert.Single(QuorumStore.Parse(store.Read(Offset.Zero, store.LogEnd, maxBytes: 1)));
        Assert.Equal(2, QuorumStore.Parse(store.Read(Offset.Zero, new Offset(2), 1 << 20)).Length);
        Assert.True(store.Read(store.LogEnd, store.LogEnd, 1 << 20).IsEmpty);
        Assert.Throws<StorageException>(() => store.Read(new Offset(9), new Offset(10), 100));
    }

    [Fact]
    public void What_was_cut_stays_cut() // P26
    {
        using (QuorumStore store = Quorums.New(_disk))
        {
            store.AppendEpoch(1, "a", "b");
            store.AppendEpoch(2, "x");
            store.Flush();
            store.Checkpoint();
            store.Truncate(new Offset(3));
            store.AppendEpoch(3, "c");
            store.Flush();
        }

        using QuorumStore again = Quorums.Open(_disk);

        Assert.Equal(["a", "b", "c"], again.ReadValues());
        Assert.Equal([1, 3], again.Recovered.Epochs.Select(entry => entry.Epoch.Value));
    }

    [Fact]
    public void A_clean_stop_leaves_everything()
    {
        QuorumStore store = Quorums.New(_disk);
        store.AppendEpoch(1, "a");
        store.CloseCleanly();

        using QuorumStore again = Quorums.Open(_disk);

        Assert.Equal(["a"], again.ReadValues());
    }

    [Fact]
    public void The_epoch_never_falls() // S-C3
    {
        using QuorumStore store = Quorums.New(_disk);
        store.Persist(Quorums.State(4));

        Assert.Throws<InvariantViolationException>(() => store.Persist(Quorums.State(3)));
        Assert.Throws<InvariantViolationException>(() => store.Append([Quorums.Data(Offset.Zero, 5, "a")], 1)); // C-3.1
    }
}
