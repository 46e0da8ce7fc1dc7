namespace RaftStream.Simulation.Quorums.World;

/// <summary>What is going to happen, by virtual time; ties in the order in which they were planned.</summary>
public sealed class Agenda
{
    private readonly PriorityQueue<Action, (long AtMs, long Order)> _planned = new();
    private long _order;

    /// <summary>Virtual milliseconds since the world began.</summary>
    public long NowMs { get; private set; }

    /// <summary>Plans something, not before now.</summary>
    public void At(long atMs, Action action) => _planned.Enqueue(action, (Math.Max(atMs, NowMs), ++_order));

    /// <summary>Plans something after a while.</summary>
    public void In(long ms, Action action) => At(NowMs + ms, action);

    /// <summary>Lets the next thing happen, if it is due until then.</summary>
    /// <returns>False when nothing is; the time is then <paramref name="untilMs"/>.</returns>
    public bool Next(long untilMs)
    {
        if (!_planned.TryPeek(out Action? action, out (long AtMs, long Order) at) || at.AtMs > untilMs)
        {
            NowMs = Math.Max(NowMs, untilMs);
            return false;
        }

        _planned.Dequeue();
        NowMs = at.AtMs;
        action();
        return true;
    }
}
