using RaftStream.Kafka.Connections;

namespace RaftStream.Kafka.Tests.Connections;

public sealed class ReceiveRateTests
{
    private readonly ReceiveRate _rate = new();

    [Fact]
    public void A_rate_is_what_came_from_look_to_look()
    {
        Assert.Null(_rate.Look(now: 5000, window: 1000, owingSince: 4500, received: 100));
        Assert.Equal(50, _rate.Look(now: 7000, window: 1000, owingSince: 4500, received: 200));
        Assert.Equal(0, _rate.Look(now: 8000, window: 1000, owingSince: 4500, received: 200));
    }

    [Fact]
    public void Too_short_a_time_tells_nothing_and_counts_on()
    {
        Assert.Null(_rate.Look(now: 5000, window: 1000, owingSince: 5000, received: 0));
        Assert.Null(_rate.Look(now: 5999, window: 1000, owingSince: 5000, received: 900));
        Assert.Equal(450, _rate.Look(now: 7000, window: 1000, owingSince: 5000, received: 900));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5001L)]
    public void Who_had_nothing_to_send_for_a_part_of_the_time_is_not_measured(long? owingSince)
    {
        Assert.Null(_rate.Look(now: 5000, window: 1000, owingSince: 4000, received: 0));
        Assert.Null(_rate.Look(now: 6000, window: 1000, owingSince, received: 0));
    }
}
