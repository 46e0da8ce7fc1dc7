using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class UnregistrationTests
{
    [Fact]
    public void A_forgotten_broker_is_in_no_isr_and_leads_nothing()
    {
        // S-R8, R-9.9: Cluster checks every image.
        Cluster cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 4, factor: 2);

        Assert.Null(cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1))));

        Assert.Null(cluster.Image.Brokers.Find(new NodeId(1)));
        Assert.All(cluster.Image.Topics.Find("t")!.Partitions, p => Assert.Equal(new NodeId(2), p.Leader));
        Assert.All(cluster.Image.Topics.Find("t")!.Partitions, p => Assert.Contains(new NodeId(1), p.Replicas));
    }

    [Fact]
    public void Unregistering_again_is_refused() =>
        Assert.Equal(
            ErrorCode.BrokerIdNotRegistered,
            UnregistrationControl.Unregister(Cluster.WithBrokers(1).Image, new NodeId(7)).Response?.Code);

    [Fact]
    public void Another_incarnation_gets_an_epoch_that_was_never_used()
    {
        // S-C15.
        Cluster cluster = Cluster.WithBrokers(1);
        BrokerEpoch old = cluster.Image.Brokers.ById[new NodeId(1)].Epoch;
        cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1)));

        Assert.True(cluster.Start(1).Value > old.Value);
    }
}
