namespace RaftStream.Broker.Tests;

/// <summary>Waits for what other threads do: looks every few milliseconds, gives up after a generous deadline.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, "It did not happen within a minute.");
            await Task.Delay(2, CancellationToken.None);
        }
    }
}
