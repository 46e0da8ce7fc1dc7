using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Registration, heartbeats, fencing and shutdown through the controller (C-14.6, C-14.9, C-14.10).</summary>
public class BrokerLifeTests
{
    [Fact]
    public void C_14_9_A_broker_with_a_number_below_0_is_refused()
    {
        ControllerHarness controller = ControllerHarness.Leading();

        Assert.Equal(ErrorCode.InvalidRegistration, controller.Register(-1).Error?.Code);
        Assert.Null(controller.Controller.Committed.Brokers.Find(new NodeId(-1)));
    }

    [Fact]
    public void A_broker_of_another_cluster_is_refused()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        var start = new BrokerStart
        {
            Id = new NodeId(1),
            IncarnationId = Guid.NewGuid(),
            LogDirectoryId = Guid.NewGuid(),
            Endpoints = [],
            PreviousEpoch = BrokerEpoch.None,
        };

        Assert.Equal(
            ErrorCode.InconsistentClusterId,
            harness.Ask<RegistrationAnswer>(RegistrationControl.Register(harness.Options, Guid.NewGuid(), start)).Error?.Code);
    }

    [Fact]
    public void A_second_process_waits_until_the_session_of_the_first_has_ended()
    {
        // C-14.9.
        ControllerHarness harness = ControllerHarness.Leading();
        BrokerEpoch first = harness.Register(1).Epoch;

        Assert.Equal(ErrorCode.DuplicateBrokerRegistration, harness.Register(1).Error?.Code);
        harness.NowMs += harness.Options.BrokerSessionMs;
        Assert.True(harness.Register(1).Epoch.Value > first.Value);
    }

    [Fact]
    public void A_closed_connection_leaves_little_time()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.Step(new ControllerEvent.BrokerDisconnected(new NodeId(1)));

        harness.Tick(299);
        Assert.False(harness.Broker(1).Fenced);
        harness.Tick(1);
        Assert.True(harness.Broker(1).Fenced);
    }

    [Theory]
    [InlineData(5_000, false)] // a stalled machine: nobody could be heard
    [InlineData(0, true)]
    public void A_controller_that_was_stalled_itself_does_not_fence_for_it(long stallMs, bool isFenced)
    {
        ControllerHarness harness = ControllerHarness.Leading(new ControllerOptions { ClusterId = new Guid(1, 1, 1, new byte[8]) });
        harness.Start(1);
        long silence = harness.Options.BrokerSessionMs + stallMs;
        while (silence > stallMs + 100)
        {
            harness.Tick(100);
            silence -= 100;
        }

        harness.Tick(silence);

        Assert.Equal(isFenced, harness.Broker(1).Fenced);
        harness.Tick(harness.Options.DisconnectedSessionMs);
        Assert.True(harness.Broker(1).Fenced); // and whoever is silent afterwards is fenced all the same
    }

    [Fact]
    public void R_17_3_a_new_heartbeat_gives_back_the_whole_session()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.Step(new ControllerEvent.BrokerDisconnected(new NodeId(1)));
        harness.Tick(200);
        harness.Beat(1);

        harness.Tick(harness.Options.BrokerSessionMs - 1);
        Assert.False(harness.Broker(1).Fenced);
        harness.Tick(1);
        Assert.True(harness.Broker(1).Fenced);
    }

    [Fact]
    public void R_17_3_a_closed_connection_never_makes_a_session_longer()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.Tick(harness.Options.BrokerSessionMs - 100);
        harness.Step(new ControllerEvent.BrokerDisconnected(new NodeId(1)));

        harness.Tick(100);

        Assert.True(harness.Broker(1).Fenced);
    }

    [Fact]
    public void A_copied_data_folder_is_refused()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);

        RegistrationAnswer answer = harness.Register(2, with: start => start with { LogDirectoryId = harness.Broker(1).LogDirectoryId });

        Assert.Equal(ErrorCode.InvalidRegistration, answer.Error?.Code);
    }

    [Fact]
    public void A_broker_that_cannot_work_with_a_level_in_force_is_refused()
    {
        ControllerHarness harness = ControllerHarness.Leading();

        Assert.Equal(
            ErrorCode.UnsupportedVersion,
            harness.Register(1, with: s => s with { Features = [new(FeatureControl.MetadataVersion, 7, 9)] }).Error?.Code);
        Assert.Equal(ErrorCode.UnsupportedVersion, harness.Register(1, with: s => s with { Features = [] }).Error?.Code);
    }

    [Fact]
    public void P35_the_same_incarnation_keeps_its_epoch()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        var incarnation = Guid.NewGuid();
        BrokerEpoch first = harness.Register(1, incarnation).Epoch;
        harness.Tick(500);

        Assert.Equal(first, harness.Register(1, incarnation).Epoch);
    }

    [Fact]
    public void P31_a_broker_is_unfenced_while_the_log_grows()
    {
        // KAFKA-13959: it is always behind the end, and that does not matter.
        ControllerHarness harness = ControllerHarness.Leading();
        BrokerEpoch epoch = harness.Register(1).Epoch;

        Assert.True(harness.Beat(1, appliedEnd: epoch.Value).IsFenced); // has not applied its own registration
        long applied = harness.LogEnd;
        harness.Tick(500);

        HeartbeatAnswer answer = harness.Beat(1, applied);
        Assert.True(applied < harness.LogEnd);
        Assert.True(answer.IsCaughtUp);
        Assert.False(answer.IsFenced);
    }

    [Fact]
    public void P33_two_brokers_that_expire_together_are_fenced_one_after_the_other()
    {
        // KAFKA-13173, C-14.6.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2, 3);
        harness.Topic("t", 1, 1, 2, 3);
        harness.NowMs += 1000;
        harness.Beat(3);
        int batches = harness.Log.Count;

        harness.Tick(1000);
        Assert.Single(harness.Controller.Committed.Brokers.ById.Values, b => b.Fenced);
        Assert.Equal(new NodeId(2), harness.Partition("t").Leader);
        Assert.True(harness.Controller.NextDeadlineMs <= harness.NowMs);
        harness.Tick(0);

        Assert.Equal(2, harness.Controller.Committed.Brokers.ById.Values.Count(b => b.Fenced));
        Assert.Equal(new NodeId(3), harness.Partition("t").Leader);
        Assert.Equal(new NodeId(3), Assert.Single(harness.Partition("t").Isr));
        Assert.Equal(2, harness.Log.Skip(batches).Count(batch => batch.Records.Any(r => r.KindCase == MetadataRecord.KindOneofCase.BrokerChange)));
        Assert.All(harness.Log, batch => Assert.True(batch.Records.Count(r => r.KindCase == MetadataRecord.KindOneofCase.BrokerChange) <= 1));
    }

    [Fact]
    public void P34_a_controlled_shutdown_ends_while_the_log_grows()
    {
        // KAFKA-14292, R-10.5.
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        harness.Topic("t", 1, 1, 2);

        Assert.False(harness.Beat(1, wantShutdown: true).ShouldShutdown);
        Assert.Equal(new NodeId(2), harness.Partition("t").Leader);
        Assert.DoesNotContain(new NodeId(1), harness.Partition("t").Isr);
        long waitsFor = harness.Broker(1).ControlledShutdownOffset!.Value;

        harness.Tick(500);
        harness.Beat(2, appliedEnd: waitsFor - 1);
        Assert.False(harness.Beat(1, wantShutdown: true).ShouldShutdown);
        Assert.Equal(waitsFor, harness.Broker(1).ControlledShutdownOffset);

        harness.Tick(500);
        harness.Beat(2, appliedEnd: waitsFor); // always behind the end
        HeartbeatAnswer answer = harness.Beat(1, wantShutdown: true);
        Assert.True(answer.ShouldShutdown);
        Assert.True(answer.IsFenced);
        Assert.Null(harness.Register(1).Error); // the next process need not wait for a session
    }

    [Fact]
    public void P34_a_shutdown_that_is_written_again_waits_for_the_same_offset()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.Topic("t", 1, 1);
        harness.Beat(1, wantShutdown: true);
        long waitsFor = harness.Broker(1).ControlledShutdownOffset!.Value;

        var again = new BrokerChangeRecord { BrokerId = 1, BrokerEpoch = harness.Broker(1).Epoch.Value, ShuttingDown = true };
        harness.Ask(_ => new Decision<bool>([new MetadataRecord { BrokerChange = again }], true));

        Assert.Equal(waitsFor, harness.Broker(1).ControlledShutdownOffset);
    }

    [Fact]
    public void A_shutdown_goes_on_under_another_controller()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        harness.Topic("t", 1, 1, 2);
        harness.Beat(1, wantShutdown: true);
        long waitsFor = harness.Broker(1).ControlledShutdownOffset!.Value;

        harness.FailOver();

        Assert.Equal(waitsFor, harness.Broker(1).ControlledShutdownOffset);
        Assert.False(harness.Beat(1, wantShutdown: true).ShouldShutdown); // broker 2 was not heard of by this controller
        harness.Beat(2);
        Assert.True(harness.Beat(1, wantShutdown: true).ShouldShutdown);
    }

    [Fact]
    public void The_table_of_states() // C-14.10
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(4);
        harness.Register(1);
        Assert.True(harness.Beat(1, wantFence: true).IsFenced);
        Assert.True(harness.Beat(1, wantShutdown: true).ShouldShutdown); // fenced: at once

        harness.Start(2, 3);
        harness.Topic("t", 1, 3);
        Assert.True(harness.Beat(2, wantShutdown: true).ShouldShutdown); // leads nothing: at once
        HeartbeatAnswer fenced = harness.Beat(3, wantFence: true);
        Assert.True(fenced.IsFenced);
        Assert.False(fenced.ShouldShutdown);
        Assert.Equal(NodeId.None, harness.Partition("t").Leader);

        Assert.False(harness.Beat(3).IsFenced);
        Assert.Equal(new NodeId(3), harness.Partition("t").Leader);
        Assert.True(harness.Beat(3, wantFence: true, wantShutdown: true).ShouldShutdown);
    }

    [Fact]
    public void R_12_6_the_last_active_broker_is_not_fenced_for_want_of_room()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        harness.Topic("t", 1, 1, 2);

        Assert.True(harness.Beat(1, wantFence: true).IsFenced);
        Assert.False(harness.Beat(2, wantFence: true).IsFenced); // nobody could even read
        Assert.True(harness.Beat(1, wantFence: true).IsFenced);
        Assert.Equal(new NodeId(2), harness.Partition("t").Leader);

        harness.Beat(2, wantShutdown: true);
        Assert.False(harness.Broker(2).IsActive);
        Assert.False(harness.Beat(1, wantFence: true).IsFenced); // the other one is about to go
    }

    [Fact]
    public void A_wrong_epoch_is_told_and_does_not_keep_a_session_alive()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.NowMs += 1500;

        Assert.Equal(ErrorCode.StaleBrokerEpoch, Beat(1, 99).Error?.Code);
        Assert.Equal(ErrorCode.BrokerIdNotRegistered, Beat(7, 0).Error?.Code);
        harness.Tick(500);

        Assert.True(harness.Broker(1).Fenced);

        HeartbeatAnswer Beat(int id, long epoch) =>
            harness.Ask<HeartbeatAnswer>(HeartbeatControl.Take(new Heartbeat(new NodeId(id), new BrokerEpoch(epoch), 0)));
    }

    [Fact]
    public void A_new_controller_gives_every_broker_a_full_session()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        harness.NowMs += 10_000;
        harness.FailOver();

        harness.Tick(harness.Options.BrokerSessionMs - 1);
        Assert.False(harness.Broker(1).Fenced);
        harness.Tick(1);
        Assert.True(harness.Broker(1).Fenced);
    }

    [Fact]
    public void Heartbeats_leave_no_records()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1);
        long end = harness.LogEnd;

        for (int i = 0; i < 20; i++)
        {
            harness.Beat(1);
        }

        Assert.Equal(end, harness.LogEnd);
        Assert.Empty(harness.Barriers);
    }

    [Fact]
    public void Producer_ids_are_for_registered_brokers()
    {
        // C-14.11.
        ControllerHarness harness = ControllerHarness.Leading();
        BrokerEpoch epoch = harness.Register(1).Epoch;

        Assert.Equal(0, harness.Ask(image => ProducerIdControl.Allocate(image, new NodeId(1), epoch)).First);
        Assert.Equal(
            ErrorCode.StaleBrokerEpoch,
            harness.Ask(image => ProducerIdControl.Allocate(image, new NodeId(1), new BrokerEpoch(77))).Error?.Code);
        harness.FailOver();
        Assert.Equal(1000, harness.Ask(image => ProducerIdControl.Allocate(image, new NodeId(1), epoch)).First);
    }

    [Fact]
    public void C_14_6_other_operations_come_in_between_while_a_large_broker_is_fenced()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        harness.Topic("t", HeartbeatControl.MostPartitionsAtOnce * 3 / 2, 1, 2);
        harness.NowMs += 1000;
        harness.Beat(2);
        harness.Tick(1000);
        Assert.False(harness.Broker(1).Fenced); // the first piece
        Assert.True(harness.Controller.NextDeadlineMs <= harness.NowMs);
        Assert.Equal(0, harness.Ask(_ => new Decision<int>([], 0)));
        harness.Tick(0);

        Assert.True(harness.Broker(1).Fenced);
        Assert.All(harness.Controller.Committed.Topics.Find("t")!.Partitions, partition => Assert.Equal([new NodeId(2)], partition.Isr.AsEnumerable()));
    }
}
