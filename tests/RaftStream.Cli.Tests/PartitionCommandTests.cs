using System.Text.Json;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Cli.Tests;

/// <summary><c>partition</c> and <c>broker drain</c>, through the SDK and the wire, against a node that answers what the test says.</summary>
public sealed class PartitionCommandTests : IAsyncLifetime
{
    private readonly AdminFixture _node = new();

    public Task InitializeAsync() => _node.InitializeAsync();

    public Task DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_plan_is_shown_carried_out_and_waited_for()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [4, 2]), AdminFixture.Planned(1, [2, 3], [2, 4])]);
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [4, 2, 1], [4], [1])]);
        _node.Moving.Enqueue([]);

        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "--add-broker", "4");

        Assert.Equal((ExitCode.Ok, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("4,2", outcome.Out, StringComparison.Ordinal);
        Assert.EndsWith("2 partitions moved\n", outcome.Out, StringComparison.Ordinal);
        Assert.Equal([4], Assert.Single(_node.Wishes).AddBrokers);
        AlterPartitionReassignmentsRequest begun = Assert.Single(_node.Alterations);
        Assert.Equal([[4, 2], [2, 4]], begun.Partitions.Select(one => one.Replicas.ToArray()));
        Assert.False(begun.AllowReplicationFactorChange);
    }

    [Fact]
    public async Task A_dry_run_moves_nothing()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [4, 2])]);

        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "orders", "--brokers", "2,4", "--dry-run");

        Assert.EndsWith("planned: nothing is moved yet\n", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(_node.Alterations);
        Assert.Equal([2, 4], Assert.Single(_node.Wishes).Brokers);
        Assert.Equal("orders", Assert.Single(_node.Wishes.Single().Topics).Name);
    }

    [Fact]
    public async Task Replicas_are_given_by_hand()
    {
        CliOutcome outcome = await _node.RunAsync(
            "partition", "reassign", "orders", "--partition", "1", "--replicas", "3,2,4", "--change-replication-factor", "--no-wait", "--output", "json");

        using JsonDocument document = JsonDocument.Parse(outcome.Out);
        JsonElement moved = document.RootElement.GetProperty("partitions").EnumerateArray().Single();
        Assert.Equal([2, 3], moved.GetProperty("from").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal([3, 2, 4], moved.GetProperty("to").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Empty(_node.Wishes);
        Assert.True(Assert.Single(_node.Alterations).AllowReplicationFactorChange);
    }

    [Fact]
    public async Task Where_the_replicas_are_already_nothing_has_to_move()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "orders", "--partition", "1", "--replicas", "2,3");

        Assert.Equal((ExitCode.Ok, "nothing had to move: everything is where it is to be\n"), (outcome.ExitCode, outcome.Out));
        Assert.Empty(_node.Alterations);
    }

    [Fact]
    public async Task A_target_that_is_down_is_named_while_it_is_waited_for()
    {
        _node.Fenced = 4;
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [4, 2])]);
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [4, 2, 1], [4], [1])]);
        _node.Moving.Enqueue([]);

        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "--add-broker", "4");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Equal("Broker 4 is to hold partitions and is not up: start it, or stop the move with: raftstream partition reassign --cancel\n", outcome.Error);
    }

    [Fact]
    public async Task A_partition_that_is_not_there_is_said()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "orders", "--partition", "7", "--replicas", "1");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("there is no partition 7", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_told_one_by_one_and_the_others_are_moved()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [9, 2]), AdminFixture.Planned(1, [2, 3], [2, 4])]);
        _node.Refused.Add(0);

        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "--add-broker", "9");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("error: orders-0: Broker 9 is not registered.", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("1 partition moved\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_off_it_says_that_the_moves_go_on_and_how_to_watch_and_cancel_them()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [4, 2])]);
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [4, 2, 1], [4], [1])]);
        using var stopping = new CancellationTokenSource();
        _node.Looked = stopping.Cancel;

        CliOutcome outcome = await _node.RunAsync(stopping.Token, "partition", "reassign", "--add-broker", "4");

        Assert.Equal(ExitCode.Interrupted, outcome.ExitCode);
        Assert.Contains("goes on by itself", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream partition list-reassignments", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream partition reassign --cancel", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_under_way_is_cancelled()
    {
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [4, 2, 1], [4], [1]), AdminFixture.Ongoing(1, [4, 3, 2], [4], [2])]);

        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "orders", "--partition", "1", "--cancel");

        Assert.Equal("1 partition cancelled\n", outcome.Out);
        PartitionReassignment cancelled = Assert.Single(Assert.Single(_node.Alterations).Partitions);
        Assert.Equal(1, cancelled.Partition);
        Assert.Empty(cancelled.Replicas);
    }

    [Fact]
    public async Task Nothing_to_cancel_is_no_failure()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "reassign", "--cancel");

        Assert.Equal((ExitCode.Ok, "no partition is being moved\n"), (outcome.ExitCode, outcome.Out));
        Assert.Empty(_node.Alterations);
    }

    [Theory]
    [InlineData("Say what to do", "partition", "reassign")]
    [InlineData("Say what to do", "partition", "reassign", "--cancel", "--brokers", "1")]
    [InlineData("Name one topic", "partition", "reassign", "--replicas", "1")]
    [InlineData("Name one topic", "partition", "reassign", "a", "b", "--partition", "1", "--cancel")]
    [InlineData("goes with --replicas", "partition", "reassign", "a", "--partition", "1", "--add-broker", "1")]
    [InlineData("is no node id", "partition", "reassign", "--add-broker", "1,x")]
    [InlineData("named twice", "partition", "reassign", "--add-broker", "1,1")]
    [InlineData("belongs to one topic", "partition", "elect", "--partition", "1")]
    [InlineData("raftstream partition elect <topic>... --unclean", "partition", "elect", "--unclean")]
    public async Task Mistakes_are_explained(string expected, params string[] args)
    {
        CliOutcome outcome = await _node.RunAsync(args);

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_being_moved_is_listed()
    {
        _node.Moving.Enqueue([AdminFixture.Ongoing(3, [4, 2, 1], [4], [1])]);

        CliOutcome text = await _node.RunAsync("partition", "list-reassignments");
        CliOutcome json = await _node.RunAsync("partition", "list-reassignments", "--output", "json");

        Assert.Contains("4,2,1", text.Out, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        JsonElement move = document.RootElement.GetProperty("reassignments").EnumerateArray().Single();
        Assert.Equal(
            ["topic", "partition", "leader", "replicas", "adding", "removing", "isr"], move.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Nothing_being_moved_is_said()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "list-reassignments");

        Assert.Equal("No partition is being moved.\n", outcome.Out);
    }

    [Fact]
    public async Task Leaders_are_elected_of_a_topic()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "elect", "orders");

        Assert.Equal((ExitCode.Ok, "orders-0: elected\norders-1: needs no election\n"), (outcome.ExitCode, outcome.Out));
        Assert.Equal(ElectionType.ElectionPreferred, Assert.Single(_node.Elections).Type);
    }

    [Fact]
    public async Task An_election_may_lose_records_when_that_is_said()
    {
        _node.Refused.Add(0);

        CliOutcome outcome = await _node.RunAsync("partition", "elect", "orders", "--partition", "0", "--unclean", "--output", "json");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Equal(ElectionType.ElectionUnclean, Assert.Single(_node.Elections).Type);
        Assert.Contains("\"error\":\"INVALID_REPLICA_ASSIGNMENT\"", outcome.Out.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_leaders_as_they_should_be_is_said()
    {
        CliOutcome outcome = await _node.RunAsync("partition", "elect");

        Assert.StartsWith("Nothing to do", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_is_drained_until_nothing_comes_any_more()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [3, 2])]);
        _node.Plans.Enqueue([AdminFixture.Planned(1, [1, 2], [3, 2])]); // a topic that was made meanwhile
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [3, 2, 1], [3], [1])]);
        _node.Moving.Enqueue([]);

        CliOutcome outcome = await _node.RunAsync("broker", "drain", "1");

        Assert.Equal((ExitCode.Ok, ""), (outcome.ExitCode, outcome.Error));
        Assert.EndsWith("broker 1 holds nothing any more. While it runs, new topics may still come to it: stop it now, then forget it with: raftstream broker unregister 1\n", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(3, _node.Wishes.Count);
        Assert.All(_node.Wishes, wish => Assert.Equal([1], wish.RemoveBrokers));
        Assert.Equal(2, _node.Alterations.Count);
    }

    [Fact]
    public async Task A_broker_that_is_not_known_cannot_be_drained_but_one_that_is_forgotten_meanwhile_is_done()
    {
        _node.Gone = ErrorCode.BrokerIdNotRegistered;
        CliOutcome before = await _node.RunAsync("broker", "drain", "1");
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [3, 2])]);
        CliOutcome meanwhile = await _node.RunAsync("broker", "drain", "1");

        Assert.Equal((ExitCode.Failed, ""), (before.ExitCode, before.Out));
        Assert.Contains("[BROKER_ID_NOT_REGISTERED]", before.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Ok, ""), (meanwhile.ExitCode, meanwhile.Error));
        Assert.EndsWith("broker 1 is not registered, and holds nothing\n", meanwhile.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_whose_drain_is_refused_for_another_reason_is_not_called_drained()
    {
        _node.Gone = ErrorCode.InvalidReplicationFactor;

        CliOutcome outcome = await _node.RunAsync("broker", "drain", "1");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("[INVALID_REPLICATION_FACTOR]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_cannot_be_drained_is_said()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [3, 2])]);
        _node.Refused.Add(0);

        CliOutcome outcome = await _node.RunAsync("broker", "drain", "1");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("broker 1 is not drained: 1 of its partitions cannot be moved", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_need_not_be_waited_for()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1, 2], [3, 2])]);

        CliOutcome outcome = await _node.RunAsync("broker", "drain", "1", "--no-wait", "--output", "json");

        using JsonDocument document = JsonDocument.Parse(outcome.Out);
        Assert.Equal((1, false), (document.RootElement.GetProperty("partitions").GetInt32(), document.RootElement.GetProperty("drained").GetBoolean()));
    }

    [Fact]
    public async Task A_move_without_a_leader_to_copy_from_is_not_waited_for_in_vain()
    {
        _node.Plans.Enqueue([AdminFixture.Planned(0, [1], [3])]);
        _node.Moving.Enqueue([AdminFixture.Ongoing(0, [3, 1], [3], [1], leader: -1)]);

        CliOutcome outcome = await _node.RunAsync("broker", "drain", "1");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("Start one of the brokers 1", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partitions_whose_leader_cannot_be_asked_are_described_as_unknown_with_the_reason()
    {
        CliOutcome text = await _node.RunAsync("topic", "describe", "orders");
        CliOutcome json = await _node.RunAsync("topic", "describe", "orders", "--output", "json");

        Assert.Equal(ExitCode.Ok, text.ExitCode);
        Assert.Contains("unknown", text.Out, StringComparison.Ordinal);
        Assert.Contains("unknown: offsets and sizes of partition 1: Broker 2 leads, but is fenced", text.Error, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        JsonElement partition = document.RootElement.GetProperty("partitions")[1];
        Assert.Contains("Broker 2", partition.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.False(partition.TryGetProperty("logEndOffset", out _));
    }
}
