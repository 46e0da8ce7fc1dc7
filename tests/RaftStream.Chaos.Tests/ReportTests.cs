using System.Text.Json;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Reports;

namespace RaftStream.Chaos.Tests;

public sealed class ReportTests
{
    private const long Second = 1_000_000_000;
    private static readonly RunFacts Facts = new("kill-leader", "scripts/chaos/kill-leader --seed 7", new ChaosOptions { Seed = 7 });

    [Fact]
    public void X_20_an_outage_is_the_longest_silence_after_a_fault()
    {
        Story story = new Story()
            .Acked(0, 0, 0, from: 1 * Second, to: 2 * Second) // the silence before the fault does not count
            .Add(Kill(at: 10 * Second))
            .Acked(0, 1, 1, from: 9 * Second, to: 14 * Second)
            .Acked(0, 2, 2, from: 15 * Second, to: 90 * Second); // nor does one that begins after it was healed

        Outage outage = Assert.Single(Availability.Outages(story.ToHistory()));

        Assert.Equal([4.0], outage.Seconds);
        Assert.Equal(4.0, outage.At(99));
    }

    [Fact]
    public void X_20_a_partition_that_takes_no_write_any_more_is_counted()
    {
        Outage outage = Assert.Single(Availability.Outages(new Story().Acked(0, 0, 0).Add(Kill(Second)).ToHistory()));

        Assert.Empty(outage.Seconds);
        Assert.Equal(1, outage.Without);
    }

    [Fact]
    public void X_20_a_fault_while_a_replica_was_missing_is_told_apart()
    {
        Story story = new Story().Leads(4, 7, [4, 5, 6], [4, 5]).Add(Kill(Second)).Acked(0, 0, 0, from: Second, to: 2 * Second);

        Assert.Equal("kill-leader, a replica missing", Assert.Single(Availability.Outages(story.ToHistory())).Fault);
    }

    [Fact]
    public void X_20_a_silence_is_a_gap()
    {
        Story story = new Story().Acked(0, 0, 0, from: Second - 10, to: Second).Acked(0, 1, 1, from: Second, to: Second + 10).Acked(0, 2, 2, from: Second, to: 3 * Second);

        Assert.Equal([new Gap(Second + 10, 3 * Second)], Availability.Gaps(story.ToHistory(), Story.Orders));
    }

    [Fact]
    public void X_20_a_partition_that_takes_nothing_at_first_or_any_more_has_a_gap_for_as_long_as_it_was_tried()
    {
        Story story = new Story().Acked(0, 0, 0, from: 0, to: Second).Tried(0, 1, at: 4 * Second);

        Assert.Equal([new Gap(0, Second), new Gap(Second, 4 * Second)], Availability.Gaps(story.ToHistory(), Story.Orders));
    }

    [Fact]
    public void X_20_a_partition_that_never_takes_anything_is_a_gap()
    {
        Story story = new Story().Tried(0, 0, at: Second).Tried(0, 1, at: 4 * Second);

        Assert.Equal([new Gap(Second, 4 * Second)], Availability.Gaps(story.ToHistory(), Story.Orders));
    }

    [Fact]
    public void A_good_run_is_good_and_one_without_writes_is_not()
    {
        Assert.True(Verdict.Of(new Story().Acked(0, 0, 0).Final((0, 0)).Recovered(afterNs: 5).ToHistory()).IsGood);
        Verdict without = Verdict.Of(new Story().Recovered(afterNs: 5).ToHistory());
        Assert.False(without.IsGood);
        Assert.False(without.IsWrong);
        Assert.EndsWith("NOTHING PROVEN: no write was acknowledged\n", TextReport.Write(without), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(nameof(Outcome.Info), false)] // it was tried, and nobody knows whether it hurt
    [InlineData(nameof(Outcome.Ok), true)]
    public void A_run_that_needs_a_fault_is_good_only_if_one_struck(string? outcome, bool isGood)
    {
        Story story = new Story().Acked(0, 0, 0).Final((0, 0)).Recovered(afterNs: 5);
        if (outcome is not null)
        {
            story.Add(Kill(Second) with { Fault = "pause", Outcome = Enum.Parse<Outcome>(outcome) });
        }

        Verdict verdict = Verdict.Of(story.ToHistory(needsFault: true));

        Assert.Equal(isGood, verdict.IsGood);
        Assert.False(verdict.IsWrong);
        Assert.EndsWith(isGood ? "GOOD: nothing is wrong\n" : "NOTHING PROVEN: no fault struck\n", TextReport.Write(verdict), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_stands_alone_and_shows_what_is_wrong()
    {
        string page = HtmlReport.Write(Verdict.Of(Wrong().ToHistory()), Facts, new NodeLogs());

        Assert.Contains("WRONG", page, StringComparison.Ordinal);
        Assert.Contains("X-2 orders-0", page, StringComparison.Ordinal);
        Assert.Contains("send 0:1 to orders-0, offset 1", page, StringComparison.Ordinal);
        Assert.Contains(Facts.Command, page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_quotes_what_nodes_and_operations_say()
    {
        History history = new Story().Add(new SendOperation(Story.Orders, new Value(0, 0)) { Process = "<b>", Invoked = 1, Completed = 2, Outcome = Outcome.Info, Error = "<&>" }).ToHistory();

        Assert.DoesNotContain("<b>", HtmlReport.Write(Verdict.Of(history), Facts, new NodeLogs()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_json_says_the_same()
    {
        using JsonDocument json = JsonDocument.Parse(JsonReport.Write(Verdict.Of(Wrong().ToHistory()), Facts));

        Assert.False(json.RootElement.GetProperty("good").GetBoolean());
        JsonElement unseen = json.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("id").GetString() == "X-2");
        Assert.Equal(1, unseen.GetProperty("anomalies").GetInt32());
    }

    [Fact]
    public void The_words_say_the_same()
    {
        string text = TextReport.Write(Verdict.Of(Wrong().ToHistory()));

        Assert.Contains("X-2    WRONG (1)", text, StringComparison.Ordinal);
        Assert.Contains("WRONG: see above", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_nodes_are_found_by_time()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "node-4.log"), "2026-01-01T00:00:01.000Z INF late\nno time\n2026-01-01T00:00:09.000Z INF other\n");
            File.WriteAllText(Path.Combine(folder, "node-5.log"), "2026-01-01T00:00:00.500Z INF early\n");

            IEnumerable<string> lines = NodeLogs.Read(folder).Between(DateTimeOffset.Parse("2026-01-01T00:00:00Z", null), DateTimeOffset.Parse("2026-01-01T00:00:02Z", null));

            Assert.Equal(["node-5  2026-01-01T00:00:00.500Z INF early", "node-4  2026-01-01T00:00:01.000Z INF late"], lines);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Story Wrong() => new Story().Acked(0, 0, 0).Acked(0, 1, 1).Final((0, 0)).Recovered(afterNs: 5);

    private static FaultOperation Kill(long at) =>
        new("kill-leader", "broker 4", [Story.Orders]) { Process = "nemesis", Invoked = at, Completed = at + Second, Outcome = Outcome.Ok };
}
