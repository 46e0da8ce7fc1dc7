namespace RaftStream.Chaos.Workload;

/// <summary>Waits in a workload's loops.</summary>
internal static class Pace
{
    /// <summary>Returns early, without an exception, when the workload ends.</summary>
    public static async Task WaitAsync(TimeSpan time, CancellationToken enough)
    {
        try
        {
            await Task.Delay(time, enough);
        }
        catch (OperationCanceledException)
        {
            // The caller looks.
        }
    }
}
