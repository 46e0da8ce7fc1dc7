namespace RaftStream.Integration.Histories;

/// <summary>The checker finds what is planted, accepts what is right, and agrees with trying all orders.</summary>
public sealed class LinearizabilityTests
{
    private static readonly GrowthModel Number = new(initial: 1);

    [Fact]
    public void X_21_an_answered_change_that_is_not_seen_afterwards_is_found()
    {
        string? violation = Linearizability.Violation(Number, [Grow(2, 0, 1, wasBelow: true), Ask(2, 2, 3, wasBelow: true)]);

        Assert.NotNull(violation);
        Assert.Contains("ask 2 -> was below", violation, StringComparison.Ordinal);
    }

    [Fact]
    public void X_21_a_read_that_goes_back_behind_an_earlier_read_is_found()
    {
        // The growth has no answer: it may be seen or not, but not first and then not any more.
        Interval<GrowthAction>[] history = [Grow(2, 0, null, null), Ask(2, 5, 6, wasBelow: false), Ask(2, 7, 8, wasBelow: true)];

        Assert.NotNull(Linearizability.Violation(Number, history));
        Assert.Null(Linearizability.Violation(Number, history[..2]));
    }

    [Fact]
    public void X_21_two_creations_of_one_topic_that_both_succeeded_are_found()
    {
        Interval<ExistenceAction>[] history = [Create(0, 10, wasThere: false), Create(0, 10, wasThere: false)];

        Assert.NotNull(Linearizability.Violation(new ExistenceModel(), history));
        Assert.Null(Linearizability.Violation(new ExistenceModel(), [history[0], Create(0, 10, wasThere: true)]));
    }

    [Fact]
    public void X_21_a_deleted_topic_that_comes_back_is_found()
    {
        Interval<ExistenceAction> deletion = new("b", new ExistenceAction(ExistenceCall.Delete, true), 2, 3);
        Interval<ExistenceAction> look = new("c", new ExistenceAction(ExistenceCall.Look, true), 4, 5);

        Assert.NotNull(Linearizability.Violation(new ExistenceModel(), [Create(0, 1, wasThere: false), deletion, look]));
        Assert.Null(Linearizability.Violation(new ExistenceModel(), [Create(0, 1, wasThere: false), deletion with { Called = 0, Returned = 9 }, look]));
    }

    [Fact]
    public void Calls_at_the_same_time_may_take_effect_in_any_order()
    {
        Assert.Null(Linearizability.Violation(Number, [Grow(2, 0, 10, wasBelow: true), Ask(2, 1, 2, wasBelow: true), Ask(2, 3, 4, wasBelow: false)]));
    }

    [Fact]
    public void A_call_without_an_answer_may_take_effect_late_or_never()
    {
        Assert.Null(Linearizability.Violation(Number, [Grow(5, 0, null, null), Ask(5, 1, 2, wasBelow: true), Ask(5, 8, 9, wasBelow: false)]));
        Assert.Null(Linearizability.Violation(Number, [Grow(5, 0, null, null), Ask(5, 8, 9, wasBelow: true)]));
    }

    [Fact]
    public void A_long_history_with_many_callers_is_checked_at_once()
    {
        var random = new Random(7);
        Assert.Null(Linearizability.Violation(Number, Run(random, calls: 600, callers: 6)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_trying_all_orders(int seed)
    {
        var random = new Random(seed);
        int violations = 0;
        for (int round = 0; round < 400; round++)
        {
            Interval<GrowthAction>[] history = [.. Enumerable.Range(0, 6).Select(_ => Anything(random))];

            bool isViolated = Linearizability.Violation(Number, history) is not null;

            Assert.Equal(!HasOrder([.. history], Number.Initial), isViolated);
            violations += isViolated ? 1 : 0;
        }

        Assert.InRange(violations, 20, 380);
    }

    /// <summary>Calls that took effect at once at a moment between their ends.</summary>
    private static List<Interval<GrowthAction>> Run(Random random, int calls, int callers)
    {
        var history = new List<Interval<GrowthAction>>();
        long[] free = new long[callers];
        int number = Number.Initial;
        for (long now = 0; history.Count < calls; now += 10)
        {
            int caller = random.Next(callers);
            long called = Math.Max(free[caller], now - random.Next(200));
            free[caller] = Math.Max(called, now) + 1 + random.Next(5);
            bool isQuestion = random.Next(3) != 0;
            int to = number + random.Next(-2, 3);
            bool isLost = random.Next(50) == 0;
            history.Add(new Interval<GrowthAction>(
                $"client {caller}", new GrowthAction(to, isQuestion, isLost ? null : number < to), called, isLost ? null : free[caller]));
            number = isQuestion ? number : Math.Max(number, to);
        }

        return history;
    }

    private static Interval<GrowthAction> Anything(Random random)
    {
        long called = random.Next(12);
        bool isLost = random.Next(6) == 0;
        var action = new GrowthAction(random.Next(2, 5), random.Next(2) == 0, isLost ? null : random.Next(2) == 0);
        return new Interval<GrowthAction>("x", action, called, isLost ? null : called + random.Next(8));
    }

    private static bool HasOrder(List<Interval<GrowthAction>> left, int state)
    {
        if (left.TrueForAll(call => call.Returned is null))
        {
            return true;
        }

        return left.Exists(first => !left.Exists(other => other.Returned < first.Called)
            && Number.TryApply(state, first.Action, out int next)
            && HasOrder([.. left.Where(call => !ReferenceEquals(call, first))], next));
    }

    private static Interval<GrowthAction> Grow(int to, long called, long? returned, bool? wasBelow) =>
        new("a", new GrowthAction(to, IsQuestion: false, wasBelow), called, returned);

    private static Interval<GrowthAction> Ask(int to, long called, long? returned, bool? wasBelow) =>
        new("b", new GrowthAction(to, IsQuestion: true, wasBelow), called, returned);

    private static Interval<ExistenceAction> Create(long called, long? returned, bool? wasThere) =>
        new("a", new ExistenceAction(ExistenceCall.Create, wasThere), called, returned);
}
