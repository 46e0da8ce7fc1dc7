using System.Diagnostics;

namespace RaftStream.Integration.Harness;

/// <summary>Waits for conditions in other processes, which cannot tell us: by looking again and again until a deadline.</summary>
internal static class Eventually
{
    /// <summary>Long enough for a machine that does ten other things; no test takes that long when all is well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    /// <param name="story">What to tell when it does not: the state of the world.</param>
    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> story, TimeSpan? patience = null)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            TimeSpan waited = Stopwatch.GetElapsedTime(began);
            Assert.True(waited < (patience ?? Patience), $"Waited {waited.TotalSeconds:F0} s in vain. {story()}");
            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task HoldsAsync(Func<bool> condition, Func<string> story, TimeSpan? patience = null) =>
        HoldsAsync(() => Task.FromResult(condition()), story, patience);
}
