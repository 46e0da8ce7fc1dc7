using System.Collections.Concurrent;
using System.Globalization;

namespace RaftStream.Integration.Containers;

/// <summary>What a producer of the numbers 0, 1, 2... to one partition, one after the other, and a consumer of it were told.</summary>
/// <remarks>Written by the two, read by anyone; checked when both have ended.</remarks>
internal sealed class PartitionStory
{
    /// <summary>Values by the offsets that the producer was told.</summary>
    public ConcurrentDictionary<long, string> Acknowledged { get; } = [];

    /// <summary>Values whose fate the producer was not told.</summary>
    public ConcurrentBag<string> Failed { get; } = [];

    /// <summary>Values by the offsets at which they came out.</summary>
    public ConcurrentDictionary<long, string> Consumed { get; } = [];

    /// <summary>Offsets as they came out; the consumer's own.</summary>
    public List<long> Order { get; } = [];

    /// <summary>A record came out.</summary>
    public void Consume(long offset, string value)
    {
        Order.Add(offset);
        Consumed[offset] = value;
    }

    /// <summary>Fails when something acknowledged is not there, or something is there that should not be, or not where it should be.</summary>
    public void Check()
    {
        // what was acknowledged is there, where it was said to be.
        Assert.All(Acknowledged, told => Assert.Equal(told.Value, Consumed.GetValueOrDefault(told.Key)));
        // Offsets without a hole, and each given out once, in order.
        Assert.Equal(Enumerable.Range(0, Order.Count).Select(static offset => (long)offset), Order);
        // Sent one after the other; one that was sent again may be there twice.
        List<int> numbers = [.. Order.Select(offset => int.Parse(Consumed[offset], CultureInfo.InvariantCulture))];
        Assert.Equal(numbers.Order(), numbers);
        // A failure leaves open whether the record is there; anything else was acknowledged.
        Assert.Empty(Consumed.Values.Distinct().Except(Acknowledged.Values).Except(Failed));
    }
}
