using FsCheck;
using FsCheck.Fluent;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class SnapshotTests
{
    [Fact]
    public void A_snapshot_gives_the_image_back() => // S-C7
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Cluster cluster = RandomCluster.History(new Prng((ulong)seed));
            cluster.Commit(ProducerIdControl.Allocate(cluster.Image));

            MetadataImage loaded = ImageSnapshot.Read(ImageSnapshot.Write(cluster.Image).Select(r => r.Clone()), cluster.Image.EndOffset);

            Assert.Equal(ImageSnapshot.Write(cluster.Image), ImageSnapshot.Write(loaded));
            Assert.Equal(cluster.Image.EndOffset, loaded.EndOffset);
            Assert.Equal(cluster.Image.NextProducerId, loaded.NextProducerId);
            Assert.Equal(cluster.Image.Topics.PartitionCount, loaded.Topics.PartitionCount);
            foreach (BrokerRegistration broker in cluster.Image.Brokers.ById.Values)
            {
                Assert.Equal(broker.Epoch, loaded.Brokers.ById[broker.Id].Epoch);
                Assert.Equal(cluster.Image.Topics.OfBroker(broker.Id).Count(), loaded.Topics.OfBroker(broker.Id).Count());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void Records_do_not_depend_on_the_way_to_the_image()
    {
        // S-C7: the same topics and configs in another order of changes; ids are the same.
        string[] topics = ["b", "a", "c"];
        MetadataImage one = Replay([.. topics]);
        MetadataImage other = Replay([.. topics.Reverse()]);

        Assert.Equal(ImageSnapshot.Write(one), ImageSnapshot.Write(other));
    }

    [Fact]
    public void A_controlled_shutdown_survives_a_snapshot()
    {
        // C-14.10, P34.
        Cluster cluster = Cluster.WithBrokers(1);
        BrokerRegistration broker = cluster.Image.Brokers.ById[new NodeId(1)];
        cluster.Commit(new Decision<bool>([Change(broker, fenced: false)], true));
        long offset = cluster.Image.EndOffset;

        MetadataImage loaded = ImageSnapshot.Read(ImageSnapshot.Write(cluster.Image), cluster.Image.EndOffset);

        Assert.Equal(offset, loaded.Brokers.ById[new NodeId(1)].ControlledShutdownOffset);
        Assert.True(loaded.Brokers.ById[new NodeId(1)].ShuttingDown);
    }

    private static MetadataRecord Change(BrokerRegistration broker, bool fenced) => new()
    {
        BrokerChange = new BrokerChangeRecord
        {
            BrokerId = broker.Id.Value,
            BrokerEpoch = broker.Epoch.Value,
            Fenced = fenced,
            ShuttingDown = true,
        },
    };

    private static MetadataImage Replay(IReadOnlyList<string> names)
    {
        var delta = new MetadataDelta(MetadataImage.Empty);
        long offset = 0;
        foreach (string name in names)
        {
            var id = Google.Protobuf.ByteString.CopyFrom(new Guid(name[0], 0, 0, new byte[8]).ToByteArray(bigEndian: true));
            delta.Replay(new MetadataRecord { Topic = new TopicRecord { TopicId = id, Name = name } }, offset++);
            delta.Replay(new MetadataRecord { Config = new ConfigRecord { ResourceType = 1, ResourceName = name, Key = "retention.ms", Value = "5" } }, offset++);
        }

        return delta.Apply();
    }
}
