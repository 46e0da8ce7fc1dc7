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
    [InlineData(9_000_000)]
    [InlineData(9_000_000_000)] // a broker that waits long asks the controller again
    public void X_21_a_creation_that_takes_effect_twice(long took) => // P32
        _check.Finds(new Story().Existed(ExistenceCall.Create, wasThere: false, from: 1, to: took)
            .Existed(ExistenceCall.Delete, wasThere: true, from: 100, to: 200)
            .Existed(ExistenceCall.Look, wasThere: false, from: 300, to: 400)
            .Existed(ExistenceCall.Look, wasThere: true, from: 500, to: 600), "No order");

    [Fact]
    public void X_21_a_deletion_that_takes_effect_twice() => // P32
        _check.Finds(new Story().Existed(ExistenceCall.Create, wasThere: false, from: 1, to: 2)
            .Existed(ExistenceCall.Delete, wasThere: true, from: 3, to: 9_000_000_000)
            .Existed(ExistenceCall.Create, wasThere: false, from: 100, to: 200)
            .Existed(ExistenceCall.Look, wasThere: true, from: 300, to: 400)
            .Existed(ExistenceCall.Look, wasThere: false, from: 500, to: 600), "No order");

    [Fact]
    public void X_21_a_creation_that_finds_its_own_topic() => // P32: and says that it was there
        _check.Finds(new Story().Existed(ExistenceCall.Create, wasThere: true, from: 1, to: 9_000_000_000), "No order");

    [Fact]
    public void X_21_a_leader_that_is_no_replica() => _check.Finds(new Story().Leads(6, 7, [4, 5], [4, 5]), "not an in-sync replica");

    [Fact]
    public void X_21_one_epoch_with_two_leaders() => _check.Finds(new Story().Leads(4, 7, [4, 5], [4, 5]).Leads(5, 7, [4, 5], [4, 5]), "two leaders");

    [Fact]
    public void X_21_a_partition_without_a_leader() => _check.Accepts(new Story().Leads(-1, 8, [4, 5], [4]));
}
