namespace RaftStream.Client.Tests.Fakes;

/// <summary>Waits for what other threads bring about, with a limit that only a broken test meets.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task TrueAsync(Func<bool> condition, Func<string>? state = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, state?.Invoke() ?? "The condition did not come true.");
            await Task.Yield();
        }
    }

    public static Task DoneAsync(this Task task) => task.WaitAsync(Limit);

    public static Task<T> DoneAsync<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task<T> DoneAsync<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);
}
