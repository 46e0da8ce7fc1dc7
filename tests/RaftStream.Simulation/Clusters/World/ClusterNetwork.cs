using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>The ways between brokers, controllers and clients (F-1): late, lost, twice, in any order; cuts in one or both directions.</summary>
internal sealed class ClusterNetwork(ClusterWorld world, Prng prng)
{
    private readonly HashSet<(int From, int To)> _cuts = [];

    /// <summary>Of a thousand messages, so many get lost.</summary>
    public int LostPerMille { get; set; }

    /// <summary>Of a thousand messages, so many come again later.</summary>
    public int TwicePerMille { get; set; }

    /// <summary>Of a thousand messages, so many take very long.</summary>
    public int LatePerMille { get; set; }

    /// <summary>Number of a controller on the network.</summary>
    public static int Controller(int index) => 100 + index;

    /// <summary>Number of a client on the network.</summary>
    public static int Client(int index) => 200 + index;

    public void Cut(int from, int to) => _cuts.Add((from, to));

    public bool IsCut(int from, int to) => _cuts.Contains((from, to));

    /// <summary>All ways are open again, and nothing goes wrong.</summary>
    public void Heal()
    {
        _cuts.Clear();
        LostPerMille = TwicePerMille = LatePerMille = 0;
    }

    /// <summary>All ways are open again.</summary>
    public void Join() => _cuts.Clear();

    /// <summary>One message by itself: a request or its answer.</summary>
    public void Carry(int from, int to, Action arrive)
    {
        if (Loses(from, to))
        {
            return;
        }

        world.Agenda.In(Latency(), arrive);
        if (ComesTwice())
        {
            world.Agenda.In(Latency() + prng.Next(prng.OneIn(4) ? 15_000 : 300), arrive);
        }
    }

    /// <summary>Whether this message does not arrive.</summary>
    public bool Loses(int from, int to)
    {
        if (!IsCut(from, to) && prng.Next(1000) >= LostPerMille)
        {
            return false;
        }

        world.Marks.Reach("message lost");
        return true;
    }

    public bool ComesTwice()
    {
        if (TwicePerMille == 0 || prng.Next(1000) >= TwicePerMille)
        {
            return false;
        }

        world.Marks.Reach("message twice");
        return true;
    }

    public long Latency() => LatePerMille > 0 && prng.Next(1000) < LatePerMille ? 20 + prng.Next(prng.OneIn(5) ? 4_000 : 400) : 1 + prng.Next(4);
}
