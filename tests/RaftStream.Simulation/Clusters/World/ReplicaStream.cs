using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>One stream between a follower and a leader: in order, and broken as a whole when anything of it gets lost.</summary>
internal sealed class ReplicaStream(ClusterWorld world, Prng prng, int follower, int leader)
{
    private long _lastAtLeader;
    private long _lastAtFollower;
    private bool _isLost;
    private bool _followerKnows;
    private bool _leaderKnows;

    /// <summary>The follower's end notices that the stream is gone.</summary>
    public Action? BrokenAtFollower { get; set; }

    /// <summary>The leader's end notices.</summary>
    public Action? BrokenAtLeader { get; set; }

    public void ToLeader(Action arrive)
    {
        if (Passes(follower, leader))
        {
            _lastAtLeader = Math.Max(_lastAtLeader, world.Agenda.NowMs + world.Network.Latency());
            world.Agenda.At(_lastAtLeader, arrive);
        }
    }

    /// <param name="arrive">May come again later (F-1): harsher than any stream, and a follower has to stand it .</param>
    public void ToFollower(Action arrive)
    {
        if (Passes(leader, follower))
        {
            _lastAtFollower = Math.Max(_lastAtFollower, world.Agenda.NowMs + world.Network.Latency());
            world.Agenda.At(_lastAtFollower, arrive);
            if (world.Network.ComesTwice())
            {
                world.Agenda.At(_lastAtFollower + prng.Next(prng.OneIn(3) ? 5_000 : 50), arrive);
            }
        }
    }

    /// <summary>One end closes it, or its process died: the other one hears of it soon, unless the way is cut.</summary>
    public void Close(bool byLeader, bool isSilent = false)
    {
        (_followerKnows, _leaderKnows) = (_followerKnows || !byLeader, _leaderKnows || byLeader);
        bool hears = !isSilent && !_isLost && !(byLeader ? world.Network.IsCut(leader, follower) : world.Network.IsCut(follower, leader));
        _isLost = true;
        long delay = hears ? 1 + prng.Next(10) : 300 + prng.Next(5_000);
        world.Agenda.In(delay, byLeader ? TellFollower : TellLeader);
    }

    private bool Passes(int from, int to)
    {
        if (_isLost)
        {
            return false;
        }

        if (!world.Network.Loses(from, to))
        {
            return true;
        }

        // Nothing more comes through; each end finds out in its own time.
        world.Marks.Reach("stream broken");
        _isLost = true;
        world.Agenda.In(100 + prng.Next(2_000), TellFollower);
        world.Agenda.In(100 + prng.Next(8_000), TellLeader);
        return false;
    }

    private void TellFollower()
    {
        if (!_followerKnows)
        {
            _followerKnows = true;
            BrokenAtFollower?.Invoke();
        }
    }

    private void TellLeader()
    {
        if (!_leaderKnows)
        {
            _leaderKnows = true;
            BrokenAtLeader?.Invoke();
        }
    }
}
