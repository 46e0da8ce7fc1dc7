using RaftStream.Chaos.Checks;

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
    public void X_21_a_leader_that_is_no_replica() => _check.Finds(new Story().Leads(6, 7, [4, 5], [4, 5]), "not an in-sync replica");

    [Fact]
    public void X_21_one_epoch_with_two_leaders() => _check.Finds(new Story().Leads(4, 7, [4, 5], [4, 5]).Leads(5, 7, [4, 5], [4, 5]), "two leaders");

    [Fact]
    public void X_21_a_partition_without_a_leader() => _check.Accepts(new Story().Leads(-1, 8, [4, 5], [4]));
}
