namespace RaftStream.Rpc.Tests.Probes;

/// <summary>Waits for what another thread brings about; a test that waits in vain fails with what it waited for.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited in vain for: {what}");
            }
        }
    }

    /// <summary>The task's result, or a failure that says what did not come.</summary>
    public static async Task<T> EndsAsync<T>(Task<T> task, string what)
    {
        await EndsAsync((Task)task, what);
        return await task;
    }

    /// <inheritdoc cref="EndsAsync{T}"/>
    public static async Task EndsAsync(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited in vain for: {what}");
        }
    }
}
