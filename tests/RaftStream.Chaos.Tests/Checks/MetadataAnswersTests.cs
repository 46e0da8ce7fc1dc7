using RaftStream.Chaos.Checks;
using RaftStream.Integration.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class MetadataAnswersTests
{
    private readonly MetadataAnswers _check = new();

    [Fact]
    public void X_21_answers_that_one_order_explains() =>
        _check.Accepts(new Story().Grew(4, isQuestion: false, wasBelow: true).Grew(4, isQuestion: true, wasBelow: false).Leads(4, 7, [4, 5], [4]));

    [Fact]
    public void X_21_a_stale_answer() =>
        _check.Finds(new Story().Grew(4, isQuestion: false, wasBelow: true).Grew(4, isQuestion: true, wasBelow: true), "No order");

    [Fact]
    public void X_21_a_topic_that_nobody_created() =>
        _check.Finds(new Story().Existed(ExistenceCall.Look, wasThere: false).Existed(ExistenceCall.Look, wasThere: true), "No order");

    [Theory]
    [InlineData(9_000_000, false)] // one quick call creates the topic twice
    [InlineData(9_000_000_000, true)] // a slow one was made again after the deletion
    public void X_21_a_slow_call_may_take_effect_twice(long took, bool isGood)
    {
        Story story = new Story().Existed(ExistenceCall.Create, wasThere: false, from: 1, to: took)
            .Existed(ExistenceCall.Delete, wasThere: true, from: 100, to: 200)
            .Existed(ExistenceCall.Look, wasThere: false, from: 300, to: 400)
            .Existed(ExistenceCall.Look, wasThere: true, from: 500, to: 600);

        Assert.Equal(isGood, _check.Run(story.ToHistory()).Anomalies.Count == 0);
    }

    [Fact]
    public void X_21_a_leader_that_is_no_replica() => _check.Finds(new Story().Leads(6, 7, [4, 5], [4, 5]), "not an in-sync replica");

    [Fact]
    public void X_21_one_epoch_with_two_leaders() => _check.Finds(new Story().Leads(4, 7, [4, 5], [4, 5]).Leads(5, 7, [4, 5], [4, 5]), "two leaders");

    [Fact]
    public void X_21_a_partition_without_a_leader() => _check.Accepts(new Story().Leads(-1, 8, [4, 5], [4]));
}
