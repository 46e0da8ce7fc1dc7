namespace RaftStream.Simulation.Quorums.World;

/// <summary>The clocks of one machine (F-7): a monotonic one that runs a little fast or slow, and a wall clock that jumps.</summary>
/// <param name="ratePerMille">1000 is right; 900 loses a tenth.</param>
public sealed class SimulatedClock(Agenda agenda, int ratePerMille)
{
    private const long Epoch2026 = 1_767_225_600_000;

    private long _wallOffsetMs;

    /// <summary>Never goes back; starts at the machine's own zero.</summary>
    public long MonotonicMs => agenda.NowMs * ratePerMille / 1000;

    /// <summary>Milliseconds since 1970, as far as the machine knows.</summary>
    public long WallMs => Epoch2026 + agenda.NowMs + _wallOffsetMs;

    /// <summary>When the monotonic clock shows this.</summary>
    public long WorldTimeOf(long monotonicMs) =>
        monotonicMs > long.MaxValue / 2000 ? long.MaxValue : ((monotonicMs * 1000) + ratePerMille - 1) / ratePerMille;

    /// <summary>Somebody sets the wall clock.</summary>
    public void Jump(long ms) => _wallOffsetMs += ms;
}
