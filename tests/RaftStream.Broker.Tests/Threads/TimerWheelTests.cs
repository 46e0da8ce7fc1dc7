using RaftStream.Broker.Threads;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Threads;

public class TimerWheelTests
{
    [Fact]
    public void A_target_is_called_at_its_deadline_and_once()
    {
        var time = new ManualTime();
        using var wheel = new TimerWheel(time);
        var target = new Target(wheel);
        long start = wheel.NowMs;

        wheel.Arm(target, start + 100);
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Empty(target.Calls);

        time.Advance(TimeSpan.FromMilliseconds(1 + (2 * TimerWheel.TickMs)));
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.InRange(target.Calls.Single() - start, 100, 100 + (2 * TimerWheel.TickMs));
    }

    [Fact]
    public void The_earlier_deadline_counts()
    {
        var time = new ManualTime();
        using var wheel = new TimerWheel(time);
        var target = new Target(wheel);
        long start = wheel.NowMs;

        wheel.Arm(target, start + 100);
        wheel.Arm(target, start + 40);
        wheel.Arm(target, start + 200);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.InRange(target.Calls.Single() - start, 40, 40 + (2 * TimerWheel.TickMs));
    }

    [Fact]
    public void A_disarmed_target_is_not_called()
    {
        var time = new ManualTime();
        using var wheel = new TimerWheel(time);
        var target = new Target(wheel);

        wheel.Arm(target, wheel.NowMs + 10);
        wheel.Disarm(target);
        wheel.Disarm(target);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(target.Calls);
    }

    [Fact]
    public void Any_number_of_deadlines_far_and_near_are_kept()
    {
        var time = new ManualTime();
        using var wheel = new TimerWheel(time);
        var prng = new Prng(1);
        long start = wheel.NowMs;
        List<(Target Target, long Due)> armed = [.. Enumerable.Range(0, 500).Select(_ => (new Target(wheel), start + prng.Next(60_000)))];
        foreach ((Target target, long due) in armed)
        {
            wheel.Arm(target, due);
        }

        time.Advance(TimeSpan.FromMinutes(2));

        Assert.All(armed, a => Assert.InRange(a.Target.Calls.Single() - a.Due, 0, 2 * TimerWheel.TickMs));
    }

    [Fact]
    public void A_target_may_arm_itself_again_from_its_call()
    {
        var time = new ManualTime();
        using var wheel = new TimerWheel(time);
        var target = new Target(wheel) { Again = 3 };

        wheel.Arm(target, wheel.NowMs + 10);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(4, target.Calls.Count);
    }

    private sealed class Target(TimerWheel wheel) : TimerTarget
    {
        public List<long> Calls { get; } = [];

        public int Again { get; set; }

        internal override void OnDue()
        {
            Calls.Add(wheel.NowMs);
            if (Again-- > 0)
            {
                wheel.Arm(this, wheel.NowMs + 10);
            }
        }
    }
}
