using RaftStream.Model;

namespace RaftStream.Replication.Tests;

public class AllocationTests
{
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
