using RaftStream.Broker.Threads;

namespace RaftStream.Broker.Upkeep;

/// <summary>Does one thing again and again under the supervisor, on a pool thread; a failure stops the node.</summary>
internal static class PeriodicLoop
{
    /// <summary>Starts it; the first run comes after one interval.</summary>
    public static void Start(Supervisor supervisor, TimeProvider time, string name, TimeSpan interval, Action run) =>
        supervisor.Run(name, async stopping =>
        {
            using var timer = new PeriodicTimer(interval, time);
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                run();
            }
        });
}
