using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests;

public sealed class ValueTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(12, 345_678, 100)]
    public void A_value_is_read_back(int producer, long sequence, int size)
    {
        var value = new Value(producer, sequence);

        byte[] bytes = value.ToBytes(size);

        Assert.True(bytes.Length >= size);
        Assert.Equal(value, Value.TryParse(bytes));
    }

    [Fact]
    public void A_damaged_value_is_none()
    {
        byte[] bytes = new Value(3, 4).ToBytes(64);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] = 0;

            Assert.Null(Value.TryParse(damaged));
        }
    }
}
