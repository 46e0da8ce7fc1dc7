using System.Globalization;

namespace RaftStream.Simulation;

/// <summary>Runs a simulation for many seeds, and says how to run the one that failed again.</summary>
/// <remarks>
/// <c>RAFTSTREAM_SEEDS=20000</c> runs that many instead of the default; <c>RAFTSTREAM_SEED=1234</c> runs only that one.
/// </remarks>
public static class SeedSweep
{
    /// <summary>Runs seeds 0, 1, 2 ... and stops at the first that fails.</summary>
    /// <param name="defaultCount">Seeds to run when the environment does not say.</param>
    /// <param name="run">Lives one seed; throws when something is wrong.</param>
    /// <param name="describe">What happened so far, called after a failure; may be null.</param>
    /// <exception cref="SeedFailedException">A seed failed.</exception>
    public static void Run(int defaultCount, Action<ulong> run, Func<string>? describe = null)
    {
        (ulong first, ulong count) = Range(defaultCount);
        for (ulong seed = first; seed < first + count; seed++)
        {
            try
            {
                run(seed);
            }
            catch (Exception exception)
            {
                throw new SeedFailedException(seed, describe?.Invoke() ?? "", exception);
            }
        }
    }

    /// <summary>The first seed below <paramref name="most"/> that fails; null when none does: the checker is blind.</summary>
    public static ulong? FindFailing(int most, Action<ulong> run)
    {
        for (ulong seed = 0; seed < (ulong)most; seed++)
        {
            try
            {
                run(seed);
            }
#pragma warning disable CA1031 // Whatever goes wrong counts.
            catch (Exception)
#pragma warning restore CA1031
            {
                return seed;
            }
        }

        return null;
    }

    private static (ulong First, ulong Count) Range(int defaultCount)
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable("RAFTSTREAM_SEED"), CultureInfo.InvariantCulture, out ulong seed))
        {
            return (seed, 1);
        }

        return ulong.TryParse(Environment.GetEnvironmentVariable("RAFTSTREAM_SEEDS"), CultureInfo.InvariantCulture, out ulong count)
            ? (0UL, count)
            : (0UL, (ulong)defaultCount);
    }
}

/// <summary>A simulated run went wrong; the message names the seed, the story and how to see it again.</summary>
public sealed class SeedFailedException(ulong seed, string story, Exception cause) : Exception(
    $"Seed {seed} failed: {cause.Message}\nRun it again: RAFTSTREAM_SEED={seed} dotnet test <this project>\n{story}{cause}", cause)
{
    /// <summary>The seed that failed.</summary>
    public ulong Seed { get; } = seed;
}
