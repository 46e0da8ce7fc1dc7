using System.Text;

namespace RaftStream.Client.Tests;

public sealed class KafkaPartitionerTests
{
    // toPositive(hash) % 10, worked out from the hashes of Kafka's own UtilsTest.testMurmur2.
    [Theory]
    [InlineData("21", (int)((-973932308 & 0x7FFFFFFF) % 10))]
    [InlineData("foobar", (int)((-790332482 & 0x7FFFFFFF) % 10))]
    [InlineData("abc", 479470107 % 10)]
    public void The_sign_is_masked_not_negated(string key, int expected) =>
        Assert.Equal(expected, KafkaPartitioner.Partition(Encoding.UTF8.GetBytes(key), 10));

    [Fact]
    public void An_empty_key_has_a_partition() => Assert.InRange(KafkaPartitioner.Partition([], 7), 0, 6);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void No_partitions_is_a_callers_error(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KafkaPartitioner.Partition("k"u8, count));
}
