using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Broker.Controller;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>Elections that may lose records are counted where the winner is, once each .</summary>
public sealed class UncleanElectionsTests
{
    private static readonly TopicId Topic = new(Guid.NewGuid());

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)] // another broker's affair
    public void An_unclean_election_of_this_broker_counts_once(int self, int expected)
    {
        using var metrics = new BrokerMetrics();
        long counted = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "raftstream.partitions.unclean_elections")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => counted += value);
        listener.Start();
        var unclean = new UncleanElections(new NodeId(self), metrics, NullLogger.Instance);
        PartitionState state = State();
        MetadataImage image = Apply(MetadataImage.Empty, unclean, new MetadataRecord { Topic = new TopicRecord { TopicId = Bytes(), Name = "t" } });
        image = Apply(image, unclean, new MetadataRecord { Partition = state.ToRecord(Topic) });

        state = state with { LeaderEpoch = new LeaderEpoch(1), LastUncleanEpoch = new LeaderEpoch(1), PartitionEpoch = new PartitionEpoch(1) };
        image = Apply(image, unclean, PartitionChange.Record(Topic, state));
        state = state with { PartitionEpoch = new PartitionEpoch(2) };
        Apply(image, unclean, PartitionChange.Record(Topic, state));

        Assert.Equal(expected, counted);
    }

    private static MetadataImage Apply(MetadataImage before, UncleanElections unclean, MetadataRecord record)
    {
        var delta = new MetadataDelta(before);
        delta.Replay(record, before.EndOffset);
        MetadataImage after = delta.Apply();
        unclean.Look(delta.Topics, before, after);
        return after;
    }

    private static Google.Protobuf.ByteString Bytes() => Google.Protobuf.ByteString.CopyFrom(Topic.Value.ToByteArray(bigEndian: true));

    private static PartitionState State() => new()
    {
        Partition = 0,
        Replicas = [new NodeId(1), new NodeId(2)],
        Isr = [new NodeId(1)],
        Leader = new NodeId(1),
        LeaderEpoch = new LeaderEpoch(0),
        PartitionEpoch = new PartitionEpoch(0),
        MinIsr = 1,
        Flush = Flush.Os,
    };
}
