using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>C-14.7: a metadata transaction is published with its end, whole, or not at all (KIP-868).</summary>
public class TransactionReplayTests
{
    private static readonly MetadataRecord Begin = new() { BeginTransaction = new BeginTransactionRecord { Name = "test" } };
    private static readonly MetadataRecord End = new() { EndTransaction = new EndTransactionRecord() };
    private static readonly MetadataRecord Abort = new() { AbortTransaction = new AbortTransactionRecord { Reason = "test" } };

    [Fact]
    public void Nothing_shows_before_the_end()
    {
        var replay = new MetadataReplay(MetadataImage.Empty);
        Assert.NotNull(replay.Apply(0, [Feature("before")]));

        Assert.Null(replay.Apply(1, [Begin, Feature("a")]));
        Assert.Null(replay.Apply(3, [Feature("b")]));
        replay.Skip(4, 5);
        Assert.Equal(1, replay.Image.EndOffset);
        Assert.False(replay.Image.Features.ContainsKey("a"));

        PublishedChange? published = replay.Apply(5, [Feature("c"), End]);
        Assert.Equal(["a", "b", "before", "c"], published!.Image.Features.Keys);
        Assert.Equal(7, published.Image.EndOffset);
    }

    [Fact]
    public void An_aborted_transaction_leaves_nothing()
    {
        var replay = new MetadataReplay(MetadataImage.Empty);
        replay.Apply(0, [Begin, Feature("a")]);

        replay.Apply(2, [Abort]);

        Assert.Empty(replay.Image.Features);
        Assert.Equal(3, replay.Image.EndOffset);
        Assert.False(replay.InTransaction);
        Assert.NotNull(replay.Apply(3, [Feature("b")]));
    }

    [Fact]
    public void Transactions_do_not_nest_and_do_not_end_twice()
    {
        var replay = new MetadataReplay(MetadataImage.Empty);
        Assert.Throws<InvariantViolationException>(() => replay.Apply(0, [End]));
        replay = new MetadataReplay(MetadataImage.Empty);
        replay.Apply(0, [Begin]);
        Assert.Throws<InvariantViolationException>(() => replay.Apply(1, [Begin]));
    }

    [Fact]
    public void An_unknown_kind_within_a_transaction_stops_the_node() => // C-14.8
        Assert.Throws<UnknownMetadataRecordException>(
            () => new MetadataReplay(MetadataImage.Empty).Apply(0, [Begin, MetadataRecord.Parser.ParseFrom([0x9A, 0x06, 0x00])]));

    [Fact]
    public void A_batch_that_is_missing_is_a_bug() => // S-C11
        Assert.Throws<InvariantViolationException>(() => new MetadataReplay(MetadataImage.Empty).Apply(1, [Feature("a")]));

    private static MetadataRecord Feature(string name) => new() { Feature = new FeatureRecord { Name = name, Level = 1 } };
}
