using System.Text.Json;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Cli.Tests;

/// <summary><c>quorum</c>, <c>cluster</c> and <c>broker</c>, through the SDK and the wire, against a node whose quorum answers what the test says.</summary>
public sealed class ClusterCommandTests : IAsyncLifetime
{
    private readonly ClusterFixture _node = new();

    public Task InitializeAsync() => _node.InitializeAsync();

    public Task DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task The_quorum_is_described_for_people()
    {
        CliOutcome outcome = await _node.RunAsync("quorum", "describe");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.StartsWith("node 1 leads epoch 7, committed below offset 1,000\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("[::1]:9092", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("120 ms ago", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("never", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quorum_as_json_has_these_fields()
    {
        JsonElement root = await JsonAsync("quorum", "describe");
        JsonElement[] replicas = [.. root.GetProperty("replicas").EnumerateArray()];

        Assert.Equal(["leader", "leaderEpoch", "highWatermark", "replicas"], NamesOf(root));
        Assert.Equal(
            ["node", "role", "endpoint", "directoryId", "logEndOffset", "durableEnd", "behind", "lastFetchAgeMs"], NamesOf(replicas[0]));
        Assert.Equal(["leader", "voter", "observer"], replicas.Select(replica => replica.GetProperty("role").GetString()));
        Assert.Equal([0, 10], replicas.Take(2).Select(replica => replica.GetProperty("behind").GetInt64()));
        Assert.Equal(JsonValueKind.Null, replicas[2].GetProperty("behind").ValueKind);
    }

    [Fact]
    public async Task A_voter_is_added()
    {
        CliOutcome outcome = await _node.RunAsync("quorum", "add-voter", $"4@c4:9094:{ClusterFixture.Directory1}");

        Assert.Equal("node 4 votes now\n", outcome.Out);
        var request = Assert.IsType<RaftRequest.AddVoter>(Assert.Single(_node.Asked));
        Assert.Equal(new Voter(new ReplicaKey(new NodeId(4), ClusterFixture.Directory1), new RaftEndpoint("c4", 9094)), request.Voter);
        Assert.Equal(ClusterFixture.Cluster, request.ClusterId);
    }

    [Fact]
    public async Task A_voter_is_removed_by_id_and_directory()
    {
        JsonElement root = await JsonAsync("quorum", "remove-voter", $"2:{ClusterFixture.Directory2}");

        Assert.Equal(["node", "directoryId", "voter"], NamesOf(root));
        Assert.False(root.GetProperty("voter").GetBoolean());
        var request = Assert.IsType<RaftRequest.RemoveVoter>(Assert.Single(_node.Asked));
        Assert.Equal(new ReplicaKey(new NodeId(2), ClusterFixture.Directory2), request.Key);
    }

    [Theory]
    [InlineData("add-voter", ErrorCode.DuplicateVoter, "remove the old voter first")]
    [InlineData("add-voter", ErrorCode.InvalidRequest, "does not answer as that voter")]
    [InlineData("remove-voter", ErrorCode.VoterNotFound, "is no voter")]
    [InlineData("remove-voter", ErrorCode.InvalidRequest, "is the last voter")]
    [InlineData("transfer", ErrorCode.InvalidRequest, "cannot take over")]
    [InlineData("describe", ErrorCode.InconsistentClusterId, "of another cluster")]
    public async Task A_refusal_says_what_to_do(string verb, ErrorCode code, string expected)
    {
        _node.Refusals.Enqueue(code);

        CliOutcome outcome = await _node.RunAsync(Words(verb));

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"[{code.KafkaName()}]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_11_6_a_change_whose_answer_was_lost_is_not_reported_as_a_failure()
    {
        // The first answer is lost, the change happened: its repetition is refused, and the voters tell.
        _node.Refusals.Enqueue(ErrorCode.RequestTimedOut);
        _node.Refusals.Enqueue(ErrorCode.DuplicateVoter);

        CliOutcome outcome = await _node.RunAsync("quorum", "add-voter", $"2@c2:9092:{ClusterFixture.Directory2}");

        Assert.Equal((ExitCode.Ok, ""), (outcome.ExitCode, outcome.Error));
        Assert.IsType<RaftRequest.DescribeQuorum>(_node.Asked.Last());
    }

    [Fact]
    public async Task C_11_6_another_voter_of_the_same_id_is_reported()
    {
        _node.Refusals.Enqueue(ErrorCode.RequestTimedOut);
        _node.Refusals.Enqueue(ErrorCode.DuplicateVoter);

        CliOutcome outcome = await _node.RunAsync("quorum", "add-voter", $"2@c2:9092:{ClusterFixture.Directory1}");

        Assert.Contains("[DUPLICATE_VOTER]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leadership_is_handed_over()
    {
        CliOutcome outcome = await _node.RunAsync("quorum", "transfer", "--to", "2");

        Assert.Equal("node 1 leads epoch 7 now\n", outcome.Out);
        Assert.Equal(new NodeId(2), Assert.IsType<RaftRequest.TransferLeadership>(_node.Asked.First()).Preferred);
    }

    [Fact]
    public async Task A_quorum_without_a_leader_says_so_once_the_time_is_over()
    {
        for (int i = 0; i < 100; i++)
        {
            _node.Refusals.Enqueue(ErrorCode.NotController);
        }

        CliOutcome outcome = await _node.RunAsync("quorum", "describe");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("No leader of the metadata quorum is known now", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream cluster describe", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cluster_is_described_also_without_a_leader()
    {
        CliOutcome led = await _node.RunAsync("cluster", "describe");
        _node.HasLeader = false;
        CliOutcome headless = await _node.RunAsync("cluster", "describe");
        JsonElement root = await JsonAsync("cluster", "describe");

        Assert.Contains("node 1, epoch 7", led.Out, StringComparison.Ordinal);
        Assert.Contains("1@c1:9091, 2@[::1]:9092", led.Out, StringComparison.Ordinal);
        Assert.Contains("nobody is known to lead", headless.Out, StringComparison.Ordinal);
        Assert.Equal(
            ["clusterId", "answeredBy", "leader", "leaderEpoch", "metadataOffset", "voters", "brokers", "activeBrokers", "topics", "partitions"],
            NamesOf(root));
        Assert.Equal((-1, 3, 1), (root.GetProperty("leader").GetInt32(), root.GetProperty("brokers").GetInt32(), root.GetProperty("activeBrokers").GetInt32()));
    }

    [Fact]
    public async Task Brokers_are_listed_with_their_state()
    {
        CliOutcome text = await _node.RunAsync("broker", "list");
        JsonElement[] brokers = [.. (await JsonAsync("broker", "list")).GetProperty("brokers").EnumerateArray()];

        Assert.Contains("b.example.org:9094", text.Out, StringComparison.Ordinal);
        Assert.Equal(["node", "endpoint", "rack", "state", "brokerEpoch", "leads", "replicas"], NamesOf(brokers[0]));
        Assert.Equal(["active", "fenced", "shutting down"], brokers.Select(broker => broker.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_broker_is_unregistered_or_the_reason_is_told()
    {
        CliOutcome done = await _node.RunAsync("broker", "unregister", "5");
        _node.Refusals.Enqueue(ErrorCode.BrokerIdNotRegistered);
        CliOutcome refused = await _node.RunAsync("broker", "unregister", "9");
        CliOutcome forced = await _node.RunAsync("broker", "unregister", "6", "--force");

        Assert.Equal("broker 5 unregistered\n", done.Out);
        Assert.Equal("broker 6 unregistered\n", forced.Out);
        Assert.Equal("No replica has all records of orders, partition 2: without a leader until: raftstream partition elect orders --unclean\n", forced.Error);
        Assert.Equal([(new NodeId(5), false), (new NodeId(9), false), (new NodeId(6), true)], _node.Asked.Cast<(NodeId, bool)>());
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("Broker 9 is refused. [BROKER_ID_NOT_REGISTERED]", refused.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream broker list", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is not id@host:port:directory-id", "quorum add-voter 4@c4:9094")]
    [InlineData("is not id:directory-id", "quorum remove-voter 4")]
    [InlineData("is not id:directory-id", "quorum remove-voter 4:00000000-0000-0000-0000-000000000000")]
    [InlineData("--to must be 0 or more", "quorum transfer --to -1")]
    [InlineData("Cannot parse argument 'five'", "broker unregister five")]
    public async Task Nonsense_is_explained_and_nobody_is_asked(string expected, string commandLine)
    {
        CliOutcome outcome = await _node.RunAsync(commandLine.Split(' '));

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_node.Asked);
    }

    private static string[] Words(string verb) => verb switch
    {
        "add-voter" => ["quorum", verb, $"4@c4:9094:{ClusterFixture.Directory1}"],
        "remove-voter" => ["quorum", verb, $"4:{ClusterFixture.Directory1}"],
        _ => ["quorum", verb],
    };

    private static IEnumerable<string> NamesOf(JsonElement element) => element.EnumerateObject().Select(member => member.Name);

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        CliOutcome outcome = await _node.RunAsync([.. args, "--output", "json"]);
        Assert.Empty(outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }
}
