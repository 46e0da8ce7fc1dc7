using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Broker.Controller;
using RaftStream.Metadata.Control;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>What a broker knows of its own session .</summary>
public sealed class BrokerSessionTests
{
    [Fact]
    public async Task R_17_2_the_session_counts_from_when_the_heartbeat_was_sent_and_not_from_its_late_answer()
    {
        var time = new ManualTime();
        var first = new TaskCompletionSource<ControllerAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        int beats = 0;
        var session = new BrokerSession(
            (_, _) => throw new InvalidOperationException("Nothing is registered here."),
            (_, enough) => Interlocked.Increment(ref beats) == 1 ? first.Task : NeverAsync(enough),
            () => 0,
            () => true,
            time,
            NullLogger.Instance);
        using var stopping = new CancellationTokenSource();
        TimeSpan limit = TimeSpan.FromSeconds(2);
        Task beating = session.BeatAsync(TimeSpan.FromMilliseconds(250), stopping.Token);

        time.Advance(TimeSpan.FromMilliseconds(1900));
        first.SetResult(new ControllerAnswer(new HeartbeatAnswer(true, IsFenced: false, false, null), null, 0));
        await Eventually.TrueAsync(() => !session.IsFenced);

        Assert.False(session.MayBeFenced(limit));
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(session.MayBeFenced(limit));

        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => beating);
    }

    private static async Task<ControllerAnswer> NeverAsync(CancellationToken enough)
    {
        await Task.Delay(Timeout.Infinite, enough);
        throw new InvalidOperationException("It never ends but by its token.");
    }
}
