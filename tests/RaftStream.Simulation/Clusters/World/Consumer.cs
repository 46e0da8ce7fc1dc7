using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Reads every partition from its start, from followers in its rack where leaders send it there; what it is given is checked at once (S-R4).</summary>
/// <param name="rack">Empty reads from leaders only.</param>
internal sealed class Consumer(ClusterWorld world, int index, string rack, Prng prng) : IFetchWaiter
{
    private readonly Dictionary<TopicPartition, Offset> _positions = [];
    private readonly Dictionary<TopicPartition, NodeId> _followers = [];
    private bool _isOver;
    private int _generation;

    /// <summary>Batches read.</summary>
    public long Records { get; private set; }

    /// <summary>Where it reads on.</summary>
    public IReadOnlyDictionary<TopicPartition, Offset> Positions => _positions;

    public void Begin() => world.Agenda.In(300 + prng.Next(300), Next);

    public void End() => _isOver = true;

    void IFetchWaiter.OnWake(int index, int generation, ErrorCode error) => world.Marks.Reach("parked fetch woken");

    private void Next()
    {
        if (_isOver)
        {
            return;
        }

        if (world.Operator.AnyPartition(prng) is { } partition && Target(partition) is { } target)
        {
            int self = ClusterNetwork.Client(index);
            world.Network.Carry(self, target.Value, () =>
            {
                if (world.Brokers[target.Value].Process is { } process)
                {
                    process.Do(() => Ask(process, partition));
                }
            });
        }

        world.Agenda.In(20 + prng.Next(100), Next);
    }

    /// <summary>The follower that a leader has named, for a while; else the leader .</summary>
    private NodeId? Target(TopicPartition partition)
    {
        if (_followers.TryGetValue(partition, out NodeId follower) && !prng.OneIn(15))
        {
            return follower;
        }

        _followers.Remove(partition);
        return world.Operator.LeaderOf(partition, prng);
    }

    private void Ask(BrokerProcess process, TopicPartition partition)
    {
        if (process.Image is not { } image || process.Table.Find(partition.TopicId)?.Find(partition.Partition) is not { } cell)
        {
            _followers.Remove(partition);
            return;
        }

        Offset from = _positions.GetValueOrDefault(partition);
        if (cell.Role.IsLeader && rack.Length > 0 && rack != process.Machine.Rack
            && ReadReplicas.Choose(cell, image.Brokers, rack, from) is { Value: >= 0 } follower)
        {
            world.Marks.Reach("reader sent to a follower");
            _followers[partition] = follower;
            return;
        }

        if (cell.Role.IsLeader && prng.OneIn(5))
        {
            world.Checks.EndAsked(cell, OffsetFinder.Find(cell, OffsetFinder.Latest, LeaderEpoch.Unknown));
        }

        Read(process, cell, FetchPosition.At(from) with { FromFollower = rack.Length > 0 && ReadReplicas.MayServe(cell.Role, image.Brokers, process.Id) });
    }

    private void Read(BrokerProcess process, PartitionCell cell, FetchPosition position)
    {
        using PartitionRead read = PartitionReader.Read(cell, position, 2_000, atLeastOneBatch: true);
        switch (read.Error)
        {
            case ErrorCode.None:
                break;
            case ErrorCode.OffsetNotAvailable:
                world.Marks.Reach("follower behind its reader");
                return; // and asks it again
            case ErrorCode.OffsetOutOfRange:
                world.Checks.OutOfRange(process, cell, position.Offset);
                if (cell.Role.IsLeader && position.Offset < read.LogStartOffset)
                {
                    _positions[cell.Id] = read.LogStartOffset; // DeleteRecords
                }

                if (cell.Role.IsLeader && position.Offset > cell.Log.LogEndOffset)
                {
                    _positions[cell.Id] = cell.HighWatermark; // an unclean election has taken what it read
                }

                _followers.Remove(cell.Id); // the leader has to confirm it
                return;
            default:
                _followers.Remove(cell.Id);
                return;
        }

        if (read.Slice.IsEmpty)
        {
            if (cell.Role.IsLeader && prng.OneIn(4))
            {
                cell.Park(new FetchTag(this, 0, ++_generation), position.Offset, read.HighWatermark, 1, process.MonotonicMs + 500);
            }

            return;
        }

        if (!cell.Role.IsLeader)
        {
            world.Marks.Reach("read from a follower");
        }

        byte[] batches = new byte[read.Slice.Length];
        read.Slice.CopyTo(batches, 0);
        Records++;
        _positions[cell.Id] = read.Slice.NextOffset;
        world.Checks.Consumed(process, cell, position.Offset.Value, batches);
    }
}
