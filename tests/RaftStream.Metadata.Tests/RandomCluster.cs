using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Clusters with a history that a seed decides.</summary>
internal static class RandomCluster
{
    public static Cluster History(Prng prng)
    {
        var cluster = Cluster.WithBrokers(1 + prng.Next(4));
        for (int step = 0; step < 40; step++)
        {
            string topic = "t" + prng.Next(5);
            int broker = 1 + prng.Next(cluster.Image.Brokers.ById.Count);
            switch (prng.Next(8))
            {
                case 0:
                case 1:
                    cluster.Create(topic, 1 + prng.Next(4), 1 + prng.Next(4), ("min.insync.replicas", (1 + prng.Next(3)).ToString()));
                    break;
                case 2:
                    cluster.Commit(TopicControl.Delete(cluster.Image, [new TopicReference(topic, TopicId.None)]));
                    break;
                case 3:
                    cluster.Commit(PartitionControl.Create(
                        cluster.Image, cluster.Settings, [new NewPartitions(new TopicReference(topic, TopicId.None), prng.Next(8))], false, prng));
                    break;
                case 4:
                    cluster.Fence(broker);
                    break;
                case 5:
                    cluster.Start(broker, prng.OneIn(2) ? cluster.Image.Brokers.ById[new NodeId(broker)].Epoch : null);
                    break;
                case 6:
                    if (prng.OneIn(3) && cluster.Image.Brokers.ById.Count > 1)
                    {
                        cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(broker), force: prng.OneIn(2)));
                        cluster.Start(broker);
                    }

                    break;
                default:
                    cluster.Alter(
                        prng.OneIn(4) ? ConfigOwner.Cluster : ConfigOwner.Topic(topic),
                        ("min.insync.replicas", prng.OneIn(3) ? null : (1 + prng.Next(4)).ToString()));
                    break;
            }
        }

        return cluster;
    }
}
