using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Gives leaderships back to the brokers that are preferred, a broker at a time (R-9.8, C-14.6).</summary>
public static class BalanceControl
{
    /// <summary>Leaderships that one decision moves: clients find their way anew, so it is done in portions.</summary>
    public const int MostPartitionsAtOnce = 1_000;

    /// <summary>Looks at the first active broker behind <paramref name="after"/>; elects leaders for its leaderless partitions on the way, where that is possible.</summary>
    /// <returns>The broker to go on behind; null when all were looked at.</returns>
    public static Decision<NodeId?> Piece(
        MetadataImage image, ControllerSettings settings, NodeId after, int imbalancePercent, int most = MostPartitionsAtOnce)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        BrokerRegistration? broker = image.Brokers.ById.Values.FirstOrDefault(b => b.Id > after && b.IsActive);
        if (broker is null)
        {
            return new Decision<NodeId?>([], null);
        }

        var change = new PartitionChange(image.Brokers, image.Configs, settings);
        var moves = new List<(TopicImage Topic, PartitionState Next)>();
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        int preferring = 0;
        int ledByOthers = 0;
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(broker.Id))
        {
            if (partition.Leader == NodeId.None && records.Count < most && change.To(topic, partition, partition.Isr) is { } led)
            {
                records.Add(PartitionChange.Record(topic.Id, led)); // a node's own configuration may allow now what it did not before
                continue;
            }

            if (partition.Replicas[0] != broker.Id)
            {
                continue;
            }

            preferring++;
            if (partition.Leader != broker.Id)
            {
                ledByOthers++;
                if (moves.Count < most && change.Preferred(topic, partition) is { } next)
                {
                    moves.Add((topic, next));
                }
            }
        }

        bool isImbalanced = ledByOthers * 100L > (long)preferring * imbalancePercent;
        if (isImbalanced)
        {
            records.AddRange(moves.Select(move => PartitionChange.Record(move.Topic.Id, move.Next)));
        }

        // More of the same broker come with the next piece, which is decided on what this one leaves.
        bool isWhole = !isImbalanced || moves.Count < most;
        return new Decision<NodeId?>(records.DrainToImmutable(), isWhole ? broker.Id : after);
    }
}
