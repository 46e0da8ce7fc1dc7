using RaftStream.Model;

namespace RaftStream.Replication.Tests;

public class AllocationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Followers_in_steady_state_allocate_nothing(bool commit)
    {
        // A leader with two followers, and one of them: appends, fetches, flushes, answers.
        var machine = new PartitionLeader<int, int>();
        var follower = new PartitionFollower();
        var effects = new List<PartitionEffect<int, int>>();
        long end = 0;
        int appends = 0;
        machine.OnBecomeLeader(Leadership(commit), Bounds(), Offset.Zero, 0, effects);
        follower.OnBecomeFollower(new FollowerState
        {
            Self = new NodeId(2),
            BrokerEpoch = new BrokerEpoch(20),
            Leader = new NodeId(1),
            LeaderEpoch = new LeaderEpoch(0),
            IsMember = true,
            CountsFlushed = commit,
        });
        Rounds(100);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Rounds(1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((end, 1100), (machine.HighWatermark.Value, appends));

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                FollowerFetch fetch = follower.Fetch(Log());
                machine.OnFollowerFetch(fetch, new EpochEndOffset(new LeaderEpoch(0), new Offset(end)), 2, i, effects);
                machine.OnFollowerFetch(
                    fetch with { Replica = new NodeId(3), BrokerEpoch = new BrokerEpoch(30) }, new EpochEndOffset(new LeaderEpoch(0), new Offset(end)), 3, i, effects);
                var baseOffset = new Offset(end);
                end += 10;
                machine.OnAppended(i, RequiredAcks.All, baseOffset, 1000, Bounds(), i + 500, i, effects);
                machine.OnTimePassed(i, effects);
                FollowerStep step = follower.OnAnswer(new FetchAnswer { Correlation = fetch.Correlation }, Log() with { End = baseOffset }, null);
                appends += step.Kind == FollowerStepKind.Append ? 1 : 0;
                FollowerFetch progress = follower.Progress(Log());
                machine.OnFollowerFetch(progress, new EpochEndOffset(new LeaderEpoch(0), new Offset(end)), 2, i, effects);
                machine.OnFollowerFetch(
                    progress with { Replica = new NodeId(3), BrokerEpoch = new BrokerEpoch(30) }, new EpochEndOffset(new LeaderEpoch(0), new Offset(end)), 3, i, effects);
                effects.Clear();
            }
        }

        FollowerLog Log() => new(Offset.Zero, new Offset(end), new Offset(end), new LeaderEpoch(0), Offset.Zero);

        LogBounds Bounds() => new(Offset.Zero, new Offset(end), new Offset(end));
    }

    private static LeadershipState Leadership(bool commit) => new()
    {
        Self = new NodeId(1),
        LeaderEpoch = new LeaderEpoch(0),
        PartitionEpoch = new PartitionEpoch(0),
        Replicas = [new NodeId(1), new NodeId(2), new NodeId(3)],
        Isr = [new NodeId(1), new NodeId(2), new NodeId(3)],
        MinIsr = 2,
        CountsFlushed = commit,
        Brokers =
        [
            .. new[] { 1, 2, 3 }.Select(id => new ReplicaStatus(new NodeId(id), new BrokerEpoch(10 * id), IsActive: true)),
        ],
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steady_state_allocates_nothing(bool commit)
    {
        var machine = new PartitionLeader<int, int>();
        var effects = new List<PartitionEffect<int, int>>();
        var self = new NodeId(1);
        long end = 0;
        long flushed = 0;
        machine.OnBecomeLeader(
            new LeadershipState
            {
                Self = self,
                LeaderEpoch = new LeaderEpoch(0),
                PartitionEpoch = new PartitionEpoch(0),
                Replicas = [self],
                Isr = [self],
                MinIsr = 1,
            },
            Bounds(),
            Offset.Zero,
            0,
            effects);
        Rounds(100);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Rounds(1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                machine.OnFetchParked(i, machine.HighWatermark, machine.HighWatermark, 1, i + 500, effects);
                for (int batch = 0; batch < 10; batch++)
                {
                    var baseOffset = new Offset(end);
                    end += 10;
                    flushed = commit ? flushed : end;
                    machine.OnAppended(batch, RequiredAcks.All, baseOffset, 1000, Bounds(), i + 500, i, effects);
                }

                flushed = end;
                machine.OnLogChanged(Bounds(), i, effects);
                machine.OnTimePassed(i, effects);
                effects.Clear();
            }
        }

        LogBounds Bounds() => new(Offset.Zero, new Offset(end), new Offset(flushed));
    }
}
