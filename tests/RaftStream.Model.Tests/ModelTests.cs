namespace RaftStream.Model.Tests;

public sealed class ModelTests
{
    [Theory]
    [InlineData("orders", true)]
    [InlineData("Orders.v2_final-1", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("naïve", false)]
    [InlineData("a\n", false)]
    public void Topic_names_follow_kafkas_rules(string name, bool legal)
    {
        Assert.Equal(legal, TopicName.Problem(name) is null);
    }

    [Fact]
    public void A_topic_name_may_have_249_characters_and_not_one_more()
    {
        Assert.Null(TopicName.Problem(new string('a', 249)));
        Assert.NotNull(TopicName.Problem(new string('a', 250)));
        Assert.NotNull(TopicName.Problem(null));
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower, "NOT_LEADER_OR_FOLLOWER", 6)]
    [InlineData(ErrorCode.None, "NONE", 0)]
    [InlineData(ErrorCode.UnknownServerError, "UNKNOWN_SERVER_ERROR", -1)]
    [InlineData(ErrorCode.InvalidTopicException, "INVALID_TOPIC_EXCEPTION", 17)]
    [InlineData(ErrorCode.KafkaStorageError, "KAFKA_STORAGE_ERROR", 56)]
    [InlineData(ErrorCode.TopicAlreadyExists, "TOPIC_ALREADY_EXISTS", 36)]
    public void Error_codes_have_kafkas_names_and_numbers(ErrorCode code, string name, short number)
    {
        Assert.Equal(name, code.KafkaName());
        Assert.Equal(number, (short)code);
    }

    [Fact]
    public void An_offset_that_would_overflow_is_refused()
    {
        Assert.Equal(new Offset(12), new Offset(10).Plus(2));
        Assert.Throws<OverflowException>(() => new Offset(long.MaxValue).Plus(1));
    }

    [Fact]
    public void A_violated_invariant_names_its_condition_and_place()
    {
        int highWatermark = 5;

        var violation = Assert.Throws<InvariantViolationException>(() => Invariant.Check(highWatermark <= 4));

        Assert.Contains("highWatermark <= 4", violation.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(A_violated_invariant_names_its_condition_and_place), violation.Message, StringComparison.Ordinal);
    }
}
