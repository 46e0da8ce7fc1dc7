namespace RaftStream.Simulation.Clusters.World;

/// <summary>The clocks of a machine as its process sees them; its one timer is that of the timer wheel.</summary>
internal sealed class SimulatedTime(BrokerMachine machine, Func<BrokerProcess> process) : TimeProvider
{
    /// <summary>Coarser than the wheel's tick: timers are late, and a life costs fewer events.</summary>
    private const long TickMs = 10;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => machine.Clock.MonotonicMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(machine.Clock.WallMs);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new SimulatedTimer(() => callback(state), machine, process);

    private sealed class SimulatedTimer(Action tick, BrokerMachine machine, Func<BrokerProcess> process) : ITimer
    {
        private long _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            long version = ++_version;
            if (period > TimeSpan.Zero)
            {
                Next(version);
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Next(long version) => machine.World.Agenda.In(TickMs, () =>
        {
            if (version == _version && process().IsCurrent)
            {
                process().Do(() =>
                {
                    if (version == _version)
                    {
                        Next(version);
                        tick();
                    }
                });
            }
        });
    }
}
