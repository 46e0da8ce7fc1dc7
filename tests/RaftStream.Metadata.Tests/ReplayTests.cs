using FsCheck;
using FsCheck.Fluent;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Replaying the log gives the same image, however it is cut (S-C11), and every image is sound (S-R8, S-R11).</summary>
public class ReplayTests
{
    [Fact]
    public void Any_history_replays_to_the_same_image() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var prng = new Prng((ulong)seed);
            Cluster cluster = RandomCluster.History(prng);

            MetadataImage replayed = Replay(cluster.Log, prng);

            Assert.Equal(Text(cluster.Image), Text(replayed));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void A_record_of_an_unknown_kind_stops_the_node()
    {
        // C-14.8: field 99 is a kind of a future version.
        var record = MetadataRecord.Parser.ParseFrom([0x9A, 0x06, 0x00]);

        Assert.Throws<UnknownMetadataRecordException>(() => new MetadataDelta(MetadataImage.Empty).Replay(record, 0));
    }

    [Fact]
    public void A_gap_in_the_offsets_is_a_bug() =>
        Assert.Throws<InvariantViolationException>(
            () => new MetadataDelta(MetadataImage.Empty).Replay(new MetadataRecord { NoOp = new NoOpRecord() }, 1));

    private static MetadataImage Replay(List<MetadataRecord> log, Prng prng)
    {
        MetadataImage image = MetadataImage.Empty;
        int at = 0;
        while (at < log.Count)
        {
            var delta = new MetadataDelta(image);
            for (int count = 1 + prng.Next(10); count > 0 && at < log.Count; count--, at++)
            {
                delta.Replay(log[at].Clone(), at);
            }

            image = delta.Apply();
        }

        return image;
    }

    internal static string Text(MetadataImage image) => string.Join('\n', [
        image.EndOffset.ToString(),
        .. image.Topics.InOrder().SelectMany(t => t.Partitions.Select(p => t.Name + PartitionChange.Record(t.Id, p))),
        .. image.Configs.ByOwner.OrderBy(o => o.Key.ToString(), StringComparer.Ordinal).Select(o => o.Key + string.Join(',', o.Value)),
        .. image.Brokers.ById.Values.Select(b => $"{b.Id} {b.Epoch} {b.Fenced}"),
    ]);
}
