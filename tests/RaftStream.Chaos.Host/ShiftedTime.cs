namespace RaftStream.Chaos.Host;

/// <summary>A wall clock that is wrong by as much as the faults say. Time that only goes forward, and timers, are the system's (C-1.2).</summary>
internal sealed class ShiftedTime(Faults faults) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + faults.ClockOffset;
}
