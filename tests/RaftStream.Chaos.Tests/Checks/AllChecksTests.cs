using System.Collections.Immutable;
using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Reports;
using RaftStream.Integration.Histories;

namespace RaftStream.Chaos.Tests.Checks;

/// <summary>For every rule a history that is good but for one thing, and the verdict that follows.</summary>
public sealed class AllChecksTests
{
    private const long Second = 1_000_000_000;

    private static readonly ImmutableDictionary<string, Func<Story>> Broken = ImmutableDictionary.CreateRange<string, Func<Story>>(
    [
        new("X-1", () => Good().Acked(7, 0, 1)),
        new("X-2", () => Good().Acked(7, 0, 99)),
        new("X-3", () => Good().Polled("b", 0, (0, 1))),
        new("X-4", () => Good().Polled("final-2", isFinal: true, new Seen(0, new Value(0, 0)), new Seen(1, new Value(0, 0)), new Seen(2, new Value(0, 2)))),
        new("X-5", () => new Story().NotAcked(0, 0, Outcome.Fail).Final((0, 0)).Recovered(afterNs: 5)),
        new("X-6", () => Good().Polled("b", 3, (9, 9))),
        new("X-9", () => Good().Polled("b", isFinal: false, new Seen(0, new Value(0, 0)), new Seen(2, new Value(0, 2)))),
        new("X-10", () => Good().Polled("b", 2, (0, 2)).Polled("b", 1, (0, 1))),
        new("X-11", () => Good().Acked(7, 0, 9).Acked(7, 1, 8)),
        new("X-12", () => new Story().Acked(0, 0, 1).Acked(0, 1, 0).Final((0, 1), (0, 0)).Recovered(afterNs: 5)),
        new("X-13", () => Good().Acked(7, 0, 9).Acked(8, 0, 8)),
        new("X-14", () => Good().Polled("b", 3, (0, 3))),
        new("X-17", () => Good().Listed(LogEnd.Latest, 3).Listed(LogEnd.Latest, 2)),
        new("X-19", () => Good().Recovered(afterNs: 11 * Second)),
        new("X-20", () => Good().Promised(TimeSpan.FromSeconds(1)).Fault("kill-leader", 0, 4 * Second, Story.Orders).Acked(0, 3, 3, to: 5 * Second)),
        new("O-1", () => Good().Fault("rolling-restart", 0, Second, Story.Orders).NotAcked(0, 3, Outcome.Info)),
        new("X-21", () => Good().Existed(ExistenceCall.Look, wasThere: false).Existed(ExistenceCall.Look, wasThere: true)),
    ]);

    public static TheoryData<string> Rules => [.. AllChecks.List.Select(check => check.Id)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_rule_can_make_a_verdict_wrong(string id)
    {
        Verdict verdict = Verdict.Of(Broken[id]().ToHistory(isIdempotent: true));

        Assert.Contains(verdict.Findings, one => one.Check.Id == id && one.Finding.Anomalies.Count > 0);
        Assert.False(verdict.IsGood);
    }

    [Fact]
    public void What_they_are_made_from_is_good() => Assert.True(Verdict.Of(Good().ToHistory(isIdempotent: true)).IsGood);

    [Fact]
    public void No_rule_is_named_twice() => Assert.Equal(Broken.Count, AllChecks.List.Select(check => check.Id).Distinct().Count());

    private static Story Good() => new Story().Acked(0, 0, 0).Acked(0, 1, 1).Acked(0, 2, 2).Polled("a", 0, (0, 0), (0, 1), (0, 2)).Final((0, 0), (0, 1), (0, 2)).Recovered(afterNs: 5);
}
