using RaftStream.Broker.Partitions;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.Invariants;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Liveness;

/// <summary>S-R13 from outside: at the end every acknowledged batch is read from its leader at the offset that was promised.</summary>
internal static class AcknowledgedIsRead
{
    public static void Require(ClusterWorld world)
    {
        foreach (IGrouping<TopicPartition, (TopicPartition Partition, long Offset, ulong Content)> written in world.Checks.AllAcknowledged.GroupBy(ack => ack.Partition))
        {
            if (world.Quorum.Image.Topics.Find(written.Key.TopicId) is not { } topic)
            {
                continue; // it was deleted
            }

            PartitionState state = topic.Partitions[written.Key.Partition];
            PartitionCell cell = world.Brokers[state.Leader.Value].Process!.Table.Find(topic.Id)!.Find(state.Partition)!;
            var read = new ReplicaShadow(state.Leader.Value);
            read.Begin(cell.Log.LogStartOffset.Value);
            read.ReadOn(cell.Log);
            PartitionTruth truth = world.Checks.Partitions[written.Key];
            foreach ((_, long offset, ulong content) in written.Where(ack => ack.Offset >= read.Start && !truth.IsLost(ack.Offset, ack.Content)))
            {
                AcknowledgedStays.Confirmed(truth, offset, content, "at the end");
                if (read[offset].Content != content)
                {
                    throw new Quorums.Invariants.RuleBrokenException($"S-R13: {truth.Name}: {offset} was acknowledged, and at the end something else is read there");
                }
            }
        }
    }
}
