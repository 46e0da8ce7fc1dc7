using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>One follower's stream at the leader: does what <see cref="FollowerSession"/> does, on the simulated network.</summary>
internal sealed class SimulatedSession(BrokerProcess leader, SimulatedLink link, BrokerProcess follower, ReplicaStream stream) : IFetchWaiter
{
    private readonly Dictionary<int, (PartitionCell? Cell, FollowerFetch Fetch)> _slots = [];
    private bool _ended;

    /// <summary>A fetch comes out of the stream.</summary>
    public void Take(int slot, TopicPartition partition, FollowerFetch fetch) => leader.Do(() =>
    {
        if (_ended)
        {
            return;
        }

        PartitionCell? cell = leader.Table.Find(partition.TopicId)?.Find(partition.Partition);
        int generation = (int)fetch.Correlation;
        if (!fetch.IsProgressOnly)
        {
            _slots[slot] = (cell, fetch);
        }

        if (cell is not null)
        {
            cell.TakeFollowerFetch(fetch, new FetchTag(this, slot, generation));
        }
        else if (!fetch.IsProgressOnly)
        {
            ((IFetchWaiter)this).OnWake(slot, generation, ErrorCode.UnknownTopicId);
        }
    });

    /// <summary>The stream is gone.</summary>
    public void End()
    {
        _ended = true;
        foreach ((int number, (PartitionCell? cell, FollowerFetch fetch)) in _slots)
        {
            cell?.FollowerGone(fetch.Replica, new FetchTag(this, number, (int)fetch.Correlation));
        }
    }

    /// <summary>The process dies, or stops.</summary>
    public void Close(bool isSilent) => stream.Close(byLeader: true, isSilent);

    // The transport takes what is ready when it has room, not at once.
    void IFetchWaiter.OnWake(int index, int generation, ErrorCode error) => leader.In(leader.World.Prng.Next(3), () => Answer(index, generation, error));

    private void Answer(int index, int generation, ErrorCode error)
    {
        (PartitionCell? cell, FollowerFetch fetch) = _slots[index];
        if (_ended || (int)fetch.Correlation != generation)
        {
            return;
        }

        var answer = new FetchAnswer { Correlation = fetch.Correlation, Error = error };
        byte[] batches = [];
        if (cell is not null && error is ErrorCode.None or ErrorCode.OffsetOutOfRange)
        {
            answer = cell.AnswerFollower(fetch, error, leader.World.Options.ReplicaFetchBytes, out LogSlice slice);
            using (slice)
            {
                batches = new byte[slice.Length];
                slice.CopyTo(batches, 0);
            }
        }

        if (answer.Diverging is not null)
        {
            leader.World.Marks.Reach("fetch diverges");
        }

        stream.ToFollower(() => follower.Do(() => link.Take(stream, index, answer, batches)));
    }
}
