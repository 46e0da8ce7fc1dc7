using RaftStream.Broker.Fetching;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Reads every partition from its start, again and again; what it is given is checked at once (S-R4).</summary>
internal sealed class Consumer(ClusterWorld world, int index, Prng prng) : IFetchWaiter
{
    private readonly Dictionary<TopicPartition, Offset> _positions = [];
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

        if (world.Operator.AnyPartition(prng) is { } partition && world.Operator.LeaderOf(partition, prng) is { } leader)
        {
            int self = ClusterNetwork.Client(index);
            world.Network.Carry(self, leader.Value, () =>
            {
                if (world.Brokers[leader.Value].Process is { } process)
                {
                    process.Do(() => Read(process, partition));
                }
            });
        }

        world.Agenda.In(20 + prng.Next(100), Next);
    }

    private void Read(BrokerProcess process, TopicPartition partition)
    {
        if (process.Table.Find(partition.TopicId)?.Find(partition.Partition) is not { } cell)
        {
            return;
        }

        Offset from = _positions.GetValueOrDefault(partition);
        using PartitionRead read = PartitionReader.Read(cell, FetchPosition.At(from), 2_000, atLeastOneBatch: true);
        if (read.Error == ErrorCode.OffsetOutOfRange && from < read.LogStartOffset)
        {
            _positions[partition] = read.LogStartOffset; // DeleteRecords
            return;
        }

        if (read.Error != ErrorCode.None)
        {
            return;
        }

        if (read.Slice.IsEmpty)
        {
            if (prng.OneIn(4))
            {
                cell.Park(new FetchTag(this, 0, ++_generation), from, read.HighWatermark, 1, process.MonotonicMs + 500);
            }

            return;
        }

        byte[] batches = new byte[read.Slice.Length];
        read.Slice.CopyTo(batches, 0);
        Records++;
        _positions[partition] = read.Slice.NextOffset;
        world.Checks.Consumed(process, cell, from.Value, batches);
    }
}
