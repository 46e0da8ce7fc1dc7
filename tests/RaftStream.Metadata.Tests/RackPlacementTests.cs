using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Replicas stand in as many racks as there are (KIP-36).</summary>
public class RackPlacementTests
{
    [Theory]
    [InlineData(3, "a", "b", "c")]
    [InlineData(3, "a", "a", "b", "b", "c", "c")]
    [InlineData(3, "a", "a", "a", "b", "c")] // racks of different size
    [InlineData(2, "a", "a", "a", "a", "b", "b")]
    [InlineData(4, "a", "a", "b", "b")] // more replicas than racks
    [InlineData(3, "a", "a", "a")]
    [InlineData(3, "", "", "a", "b")] // no rack is a rack too
    public void Racks_are_used_again_only_when_each_has_a_replica(int factor, params string[] racks)
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var cluster = new Cluster();
            for (int i = 0; i < racks.Length; i++)
            {
                cluster.Start(i + 1, rack: racks[i]);
            }

            int expected = Math.Min(factor, racks.Distinct().Count());
            foreach (ImmutableArray<NodeId> replicas in ReplicaPlacement.Place(cluster.Image.Brokers, 30, factor, new Prng(seed)))
            {
                Assert.Equal(factor, replicas.Distinct().Count());
                Assert.Equal(expected, replicas.Select(id => cluster.Image.Brokers.ById[id].Rack).Distinct().Count());
            }
        }
    }

    [Fact]
    public void Leaders_and_replicas_are_spread_evenly()
    {
        var cluster = new Cluster();
        for (int i = 1; i <= 6; i++)
        {
            cluster.Start(i, rack: "r" + (i % 3));
        }

        ImmutableArray<ImmutableArray<NodeId>> placed = ReplicaPlacement.Place(cluster.Image.Brokers, 60, 3, new Prng(5));

        Assert.All(placed.GroupBy(replicas => replicas[0]), leader => Assert.Equal(10, leader.Count()));
        Assert.All(placed.SelectMany(replicas => replicas).GroupBy(id => id), replica => Assert.InRange(replica.Count(), 25, 35));
    }

    [Fact]
    public void Brokers_that_are_down_are_used_only_when_there_are_not_enough()
    {
        Cluster cluster = Cluster.WithBrokers(4);
        cluster.Fence(4);

        Assert.All(ReplicaPlacement.Place(cluster.Image.Brokers, 20, 3, new Prng(5)), replicas => Assert.DoesNotContain(new NodeId(4), replicas));
        Assert.All(ReplicaPlacement.Place(cluster.Image.Brokers, 20, 4, new Prng(5)), replicas => Assert.Equal(4, replicas.Length));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, cluster.Create("t", 1, 5).Error?.Code);
    }
}
