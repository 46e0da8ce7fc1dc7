using System.Net;
using RaftStream.Kafka.Connections;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>What is left out of the log, and that it is counted.</summary>
public sealed class LogLimiterTests
{
    private static readonly IPAddress One = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Another = IPAddress.Parse("10.0.0.2");

    [Fact]
    public void Each_address_and_reason_has_a_line_per_interval_and_the_rest_is_counted()
    {
        var limiter = new LogLimiter();

        Assert.True(limiter.LetsThrough(One, "bad", 0));
        Assert.True(limiter.LetsThrough(One, "idle", 0));
        Assert.True(limiter.LetsThrough(Another, "bad", 0));
        Assert.False(limiter.LetsThrough(One, "bad", 1));
        Assert.False(limiter.LetsThrough(One, "bad", LogLimiter.IntervalMs - 1));

        Assert.Empty(limiter.TakeEnded(LogLimiter.IntervalMs - 1));
        Assert.Equal([new LeftOutLines(One, "bad", 2)], limiter.TakeEnded(LogLimiter.IntervalMs));
        Assert.True(limiter.LetsThrough(One, "bad", LogLimiter.IntervalMs));
    }

    [Fact]
    public void A_crowd_of_addresses_takes_bounded_memory_and_few_lines()
    {
        var limiter = new LogLimiter();
        int lines = 0;
        for (int i = 0; i < 10 * LogLimiter.MaxSources; i++)
        {
            lines += limiter.LetsThrough(new IPAddress(i), "bad", 0) ? 1 : 0;
        }

        Assert.Equal(LogLimiter.MaxSources, lines);
        Assert.Equal([new LeftOutLines(null, LogLimiter.Others, 9 * LogLimiter.MaxSources)], limiter.TakeEnded(LogLimiter.IntervalMs));
    }
}
