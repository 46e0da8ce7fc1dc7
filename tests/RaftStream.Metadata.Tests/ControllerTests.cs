using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class ControllerTests
{
    [Fact]
    public void A_write_is_answered_when_it_is_committed()
    {
        // C-14.2, S-C13.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;

        long id = harness.Submit(Allocate);
        Assert.Empty(harness.Answers);
        Assert.Equal(1000, harness.Controller.Latest!.NextProducerId);
        Assert.Equal(0, harness.Controller.Committed.NextProducerId);

        harness.Commit();
        Assert.Equal(0L, harness.Answers[id].Response);
        Assert.Equal(1000, harness.Controller.Committed.NextProducerId);
    }

    [Fact]
    public void Only_what_lies_below_the_high_watermark_is_answered()
    {
        // S-C13.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        long first = harness.Submit(Allocate);
        long committed = harness.LogEnd;
        long second = harness.Submit(Allocate);

        harness.Step(new ControllerEvent.Committed(committed));

        Assert.Equal(first, Assert.Single(harness.Answers).Key);
        Assert.Equal(1000, harness.Controller.Committed.NextProducerId);
        Assert.False(harness.Answers.ContainsKey(second));
    }

    [Fact]
    public void Each_decision_sees_the_one_before_it()
    {
        // C-14.1, C-14.11, S-C15: blocks are disjoint while none of them is committed.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        long[] ids = [harness.Submit(Allocate), harness.Submit(Allocate), harness.Submit(Allocate)];

        harness.Commit();

        Assert.Equal([0L, 1000L, 2000L], ids.Select(id => (long)harness.Answers[id].Response!));
    }

    [Fact]
    public void A_read_waits_for_what_it_has_seen()
    {
        // C-14.3.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        harness.Submit(Allocate);

        long read = harness.Submit(Read);
        Assert.False(harness.Answers.ContainsKey(read));
        Assert.Empty(harness.Barriers);

        harness.Commit();
        Assert.Equal(1000L, harness.Answers[read].Response);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_read_with_nothing_pending_asks_whether_this_node_still_leads(bool stillLeader)
    {
        // C-14.3, P13.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;

        long read = harness.Submit(Read);
        Assert.Empty(harness.Answers);

        harness.Step(new ControllerEvent.BarrierCompleted(Assert.Single(harness.Barriers), stillLeader));
        Assert.Equal(stillLeader ? null : ErrorCode.NotController, harness.Answers[read].Error?.Code);
    }

    [Fact]
    public void A_node_that_does_not_lead_decides_nothing()
    {
        // C-14.1.
        var harness = new ControllerHarness();

        Assert.Equal(ErrorCode.NotController, harness.Answers[harness.Submit(Allocate)].Error?.Code);
        Assert.Empty(harness.Log);
        Assert.Equal(long.MaxValue, harness.Controller.NextDeadlineMs);
    }

    [Fact]
    public void A_lost_reign_drops_what_was_not_committed()
    {
        // C-14.4.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        long write = harness.Submit(Allocate);
        long read = harness.Submit(Read);

        harness.Lose();

        Assert.Equal(ErrorCode.NotController, harness.Answers[write].Error?.Code);
        Assert.Equal(ErrorCode.NotController, harness.Answers[read].Error?.Code);
        Assert.Null(harness.Controller.Latest);
        Assert.Equal(0, harness.Controller.Committed.NextProducerId);
    }

    [Fact]
    public void An_operation_whose_answer_was_lost_can_be_repeated()
    {
        // P32: the append is committed by the next leader, and the caller, who was told nothing, asks again.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        var incarnation = Guid.NewGuid();
        var start = new BrokerStart
        {
            Id = new NodeId(1),
            IncarnationId = incarnation,
            LogDirectoryId = Guid.NewGuid(),
            Endpoints = [],
            Features = FeatureControl.Supported,
            PreviousEpoch = BrokerEpoch.None,
        };
        long lost = harness.Submit(RegistrationControl.Register(harness.Options, harness.Options.ClusterId, start));
        harness.Lose();
        Assert.Equal(ErrorCode.NotController, harness.Answers[lost].Error?.Code);

        harness.Commits = true;
        harness.FailOver();
        long records = harness.LogEnd;
        RegistrationAnswer again = harness.Ask<RegistrationAnswer>(
            RegistrationControl.Register(harness.Options, harness.Options.ClusterId, start));

        Assert.Equal(harness.Controller.Committed.Brokers.ById[new NodeId(1)].Epoch, again.Epoch);
        Assert.Equal(records, harness.LogEnd);
    }

    [Fact]
    public void What_was_taken_is_replayed_after_the_reign()
    {
        // C-14.7, S-C11: from where the committed image ends.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Commits = false;
        harness.Submit(Allocate);
        harness.Lose();

        (long baseOffset, var records) = harness.Log[^1];
        Assert.Equal(baseOffset, harness.Controller.ReplayFrom);
        harness.Step(new ControllerEvent.Replayed(baseOffset, records));

        Assert.Equal(1000, harness.Controller.Committed.NextProducerId);
    }

    [Fact]
    public void The_first_reign_writes_the_bootstrap_records_and_later_ones_a_no_op()
    {
        // C-14.5.
        ControllerHarness harness = ControllerHarness.Leading();
        Assert.Equal(MetadataRecord.KindOneofCase.Feature, Assert.Single(harness.Log).Records.Single().KindCase);

        harness.FailOver();
        Assert.Equal(MetadataRecord.KindOneofCase.NoOp, harness.Log[^1].Records.Single().KindCase);
    }

    [Fact]
    public void A_big_operation_is_a_metadata_transaction_and_shows_at_once()
    {
        // C-14.2, C-14.7.
        ControllerHarness harness = ControllerHarness.Leading(Small);
        harness.Start(1);
        harness.Published.Clear();
        int batches = harness.Log.Count;

        harness.Topic("t", partitions: 20, 1);

        Assert.Equal(20, Assert.Single(harness.Published).Topics.PartitionCount);
        Assert.Equal(MetadataRecord.KindOneofCase.BeginTransaction, harness.Log[batches].Records[0].KindCase);
        Assert.Equal(MetadataRecord.KindOneofCase.EndTransaction, harness.Log[^1].Records[^1].KindCase);
        Assert.All(harness.Log, batch => Assert.True(batch.Records.Length <= Small.MaxBatchRecords));
        Assert.Equal(Standby(harness), ReplayTests.Text(harness.Controller.Committed));
    }

    [Fact]
    public void A_transaction_that_a_dead_controller_left_open_is_aborted_first()
    {
        // C-14.5, C-14.7: the log takes half of the batches of a big operation.
        ControllerHarness harness = ControllerHarness.Leading(Small);
        harness.Start(1);
        harness.Accepts = false;
        harness.Appends.Clear();
        Assert.False(harness.Answers.ContainsKey(harness.Submit(ControllerOperation.Of("big", image => TopicControl.Create(
            image, new ControllerSettings(), [new NewTopic { Name = "t", Partitions = 20, ReplicationFactor = 1 }], false, new Prng(1))))));
        foreach (ControllerEffect.Append append in harness.Appends.Take(3).ToList())
        {
            harness.Accept(append);
        }

        harness.Accepts = true;
        int before = harness.Log.Count;
        harness.FailOver();

        Assert.Equal(MetadataRecord.KindOneofCase.AbortTransaction, harness.Log[before].Records[0].KindCase);
        Assert.Null(harness.Controller.Committed.Topics.Find("t"));
        harness.Topic("t", partitions: 20, 1);
        Assert.Equal(20, harness.Controller.Committed.Topics.PartitionCount);
        Assert.Equal(Standby(harness), ReplayTests.Text(harness.Controller.Committed));
    }

    [Fact]
    public void Records_of_the_quorum_may_lie_in_between()
    {
        // C-4.2: a broker epoch is the offset that its record really has.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.WriteControlRecord();

        RegistrationAnswer answer = harness.Register(1);

        Assert.Equal(harness.Log[^1].BaseOffset, answer.Epoch.Value);
        Assert.Equal(2, answer.Epoch.Value);
    }

    [Fact]
    public void An_append_that_is_refused_ends_the_reign()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Accepts = false;
        long id = harness.Submit(Allocate);

        harness.Step(new ControllerEvent.AppendRefused(harness.Appends[^1].Id));

        Assert.Equal(ErrorCode.NotController, harness.Answers[id].Error?.Code);
        Assert.Null(harness.Controller.ActiveEpoch);
        harness.Lose();
        harness.Gain();
        harness.Step(new ControllerEvent.AppendAccepted(harness.Appends[0].Id, 77)); // of a former reign
    }

    [Fact]
    public void A_controller_says_that_it_lives()
    {
        // C-14.6.
        ControllerHarness harness = ControllerHarness.Leading();
        int batches = harness.Log.Count;

        Assert.Equal(harness.NowMs + 500, harness.Controller.NextDeadlineMs);
        harness.Tick(499);
        Assert.Equal(batches, harness.Log.Count);
        harness.Tick(1);
        Assert.Equal(MetadataRecord.KindOneofCase.NoOp, harness.Log[^1].Records.Single().KindCase);
    }

    [Fact]
    public void A_controller_with_too_many_operations_refuses_more()
    {
        ControllerHarness harness = ControllerHarness.Leading(Small with { MaxWaiting = 2 });
        harness.Accepts = false;
        long[] ids = [.. Enumerable.Range(0, 4).Select(_ => harness.Submit(Allocate))];

        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, harness.Answers[ids[3]].Error?.Code);
        Assert.Single(harness.Answers);
    }

    [Fact]
    public void A_snapshot_takes_the_place_of_the_log()
    {
        // C-9.1, S-C7.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        MetadataImage image = harness.Controller.Committed;
        var standby = new Controller(harness.Options);
        var effects = new List<ControllerEffect>();

        standby.Step(new ControllerEvent.SnapshotLoaded(image.EndOffset, ImageSnapshot.Write(image)), 0, effects);

        Assert.IsType<ControllerEffect.Published>(Assert.Single(effects));
        Assert.Equal(ReplayTests.Text(image), ReplayTests.Text(standby.Committed));
        Assert.Equal(image.EndOffset, standby.ReplayFrom);
    }

    private static readonly ControllerOptions Small = new() { ClusterId = new Guid(1, 1, 1, new byte[8]), MaxBatchRecords = 6 };

    private static ControllerOperation Allocate { get; } = ControllerOperation.Of("allocate", ProducerIdControl.Allocate);

    private static ControllerOperation Read { get; } =
        ControllerOperation.Of("read", image => new Decision<long>([], image.NextProducerId));

    private static string Standby(ControllerHarness harness)
    {
        var replay = new MetadataReplay(MetadataImage.Empty);
        foreach ((long baseOffset, var records) in harness.Log)
        {
            replay.Apply(baseOffset, records);
        }

        return ReplayTests.Text(replay.Image);
    }
}
