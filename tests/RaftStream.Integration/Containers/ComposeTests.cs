using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using Xunit.Abstractions;

namespace RaftStream.Integration.Containers;

/// <summary>The stacks of <c>docker-compose.yml</c>, brought up as users bring them up, and used from the host.</summary>
public sealed class ComposeTests(ITestOutputHelper output)
{
    private const string Topic = "orders";
    private const int Partitions = 6;

    [DockerFact]
    public async Task X_1_nothing_acknowledged_is_lost_while_networks_are_cut_and_nodes_are_killed_and_traffic_goes_on()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync();
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        await using HostTraffic traffic = HostTraffic.Start(stack, Topic, Partitions);
        await FlowsAsync(traffic, "at first");

        await stack.MustAsync("cut", "broker-1");
        await FlowsAsync(traffic, "while broker-1 is cut off from everyone");
        await stack.MustAsync("heal", "broker-1");
        await InSyncAsync(client, stack);

        // A leader that still hears its clients, but neither followers nor controllers.
        await stack.MustAsync("cut", "broker-2", "cluster");
        await FlowsAsync(traffic, "while broker-2 is cut off from the other nodes");
        await stack.MustAsync("heal", "broker-2");
        await InSyncAsync(client, stack);

        int leader = (await client.Cluster.DescribeQuorumAsync()).Leader;
        await stack.MustAsync("kill", $"controller-{leader}");
        await FlowsAsync(traffic, "while a controller is dead");
        await client.Admin.CreateTopicAsync("while-a-controller-is-dead", 3);
        await stack.MustAsync("start", $"controller-{leader}");

        await stack.MustAsync("stop", "broker-3");
        await FlowsAsync(traffic, "while broker-3 is down");
        await stack.MustAsync("start", "broker-3");
        await InSyncAsync(client, stack);
        await traffic.EndAsync();
        output.WriteLine(traffic.ToString());

        await stack.MustAsync("down");
        await stack.UpAsync();
        await traffic.IsStillThereAsync();
    }

    [DockerFact]
    public async Task Three_combined_nodes_go_on_without_one()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync(isCombined: true);
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        await using HostTraffic traffic = HostTraffic.Start(stack, Topic, Partitions);
        await FlowsAsync(traffic, "at first");

        int leader = (await client.Cluster.DescribeQuorumAsync()).Leader;
        await stack.MustAsync("kill", $"combined-{leader}");
        await FlowsAsync(traffic, "while a node is dead");
        await stack.MustAsync("start", $"combined-{leader}");
        await InSyncAsync(client, stack);

        await traffic.EndAsync();
        output.WriteLine(traffic.ToString());
    }

    [DockerFact]
    public async Task Traffic_goes_on_while_packets_are_lost_one_way_and_the_node_comes_back()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync(isCombined: true);
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        await using HostTraffic traffic = HostTraffic.Start(stack, Topic, Partitions);
        await FlowsAsync(traffic, "at first");

        foreach ((string way, string when) in new[] { ("out", "while nobody hears combined-1"), ("in", "while combined-1 hears nobody") })
        {
            int fenced = await CountFencingsAsync();
            await stack.MustAsync("cut", "combined-1", "cluster", way);

            // Not asked of a broker: it may be the one that is cut off, and know nothing of it.
            await Eventually.HoldsAsync(async () => await CountFencingsAsync() > fenced, stack.Story);
            await FlowsAsync(traffic, when);
            await stack.MustAsync("heal", "combined-1");
            await InSyncAsync(client, stack);
        }

        await traffic.EndAsync();
        output.WriteLine(traffic.ToString());

        async Task<int> CountFencingsAsync() =>
            (await stack.MustAsync("logs")).Split('\n').Count(static line => line.Contains("Broker 1 (", StringComparison.Ordinal) && line.Contains("it is fenced", StringComparison.Ordinal));
    }

    [DockerFact]
    public async Task Any_broker_takes_and_gives_the_records_of_every_partition()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync();
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        ThinClient[] brokers = [.. stack.Endpoints.Select(static endpoint => new ThinClient(endpoint))];
        try
        {
            await InSyncAsync(client, stack);
            foreach (ThinClient broker in brokers)
            {
                for (int partition = 0; partition < Partitions; partition++)
                {
                    Assert.Null((await broker.ProduceAsync(Topic, partition, "from the host")).Error);
                }
            }

            foreach (ThinClient broker in brokers)
            {
                for (int partition = 0; partition < Partitions; partition++)
                {
                    Assert.Equal(brokers.Length, (await broker.ReadAllAsync(Topic, partition)).Count);
                }
            }
        }
        finally
        {
            await Task.WhenAll(brokers.Select(static broker => broker.DisposeAsync().AsTask()));
        }
    }

    [DockerFact]
    public async Task Kafka_clients_on_the_host_are_told_addresses_that_they_can_use()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync();
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        await InSyncAsync(client, stack);

        string told = await stack.MustShellAsync($"kcat -b {stack.KafkaEndpoints[0]} -L -t {Topic}");
        Assert.All(stack.KafkaEndpoints, endpoint => Assert.Contains($"at {endpoint}", told, StringComparison.Ordinal));
        for (int partition = 0; partition < Partitions; partition++)
        {
            await stack.MustShellAsync($"seq 100 | kcat -b {stack.KafkaEndpoints[1]} -P -t {Topic} -p {partition} -X enable.idempotence=true");
        }

        string read = await stack.MustShellAsync($"kcat -b {stack.KafkaEndpoints[2]} -C -t {Topic} -o beginning -e -q | sort -n | uniq -c | awk '{{print $1}}' | sort -u");
        Assert.Equal($"{Partitions}", read.Trim());
    }

    [DockerFact]
    public async Task A_container_has_no_root_writes_only_its_volume_and_stops_cleanly()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync(isCombined: true);

        (_, string user) = await stack.DockerAsync("combined-1", "exec", "{}", "id", "-u");
        (int writes, string refused) = await stack.DockerAsync("combined-1", "exec", "{}", "touch", "/opt/raftstream/x");
        (int changes, _) = await stack.DockerAsync("combined-1", "exec", "{}", "touch", "/var/lib/raftstream/x");
        (_, string capabilities) = await stack.DockerAsync("combined-1", "exec", "{}", "grep", "CapBnd", "/proc/1/status");
        await stack.MustAsync("stop", "combined-1");
        (_, string exitCode) = await stack.DockerAsync("combined-1", "inspect", "--format", "{{.State.ExitCode}}", "{}");
        (int status, string story) = await stack.RunAsync("status", "--combined");

        Assert.Equal("1654", user);
        Assert.NotEqual(0, writes);
        Assert.Contains("Read-only file system", refused, StringComparison.Ordinal);
        Assert.Equal(0, changes);
        Assert.Equal(0UL, ulong.Parse(capabilities.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal("0", exitCode);
        Assert.Equal(1, status);
        Assert.Contains("combined-1     does not run (exited", story, StringComparison.Ordinal);
    }

    [DockerFact]
    public async Task A_broker_that_lost_its_volume_gets_everything_back_from_the_others()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync();
        await using RaftStreamClient client = stack.Connect();
        await client.Admin.CreateTopicAsync(Topic, Partitions);
        await using HostTraffic traffic = HostTraffic.Start(stack, Topic, Partitions);
        await FlowsAsync(traffic, "at first");

        await stack.MustAsync("lose", "broker-1");
        await FlowsAsync(traffic, "while broker-1 is lost");
        await stack.UpAsync();
        await InSyncAsync(client, stack);
        await stack.MustAsync("kill", "broker-2");
        await FlowsAsync(traffic, "while broker-2 is dead and broker-1 has what it had lost");
        await traffic.EndAsync();
    }

    [DockerFact]
    public async Task C_2_2_a_controller_that_lost_its_volume_takes_its_own_place_and_is_not_the_same_voter()
    {
        await using ComposeStack stack = await ComposeStack.StartAsync();
        await using RaftStreamClient client = stack.Connect();
        VoterKey before = (await VotersAsync(client)).Single(voter => voter.NodeId == 1);

        await stack.MustAsync("lose", "controller-1");
        await stack.UpAsync();

        await Eventually.HoldsAsync(
            async () => (await VotersAsync(client)) is { Count: 3 } voters && voters.Single(voter => voter.NodeId == 1) != before, stack.Story);
    }

    [DockerFact]
    public async Task A_port_that_is_taken_is_named_with_the_variable_that_chooses_another()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        int port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var environment = new Dictionary<string, string>
        {
            ["COMPOSE_PROJECT_NAME"] = $"raftstream-test-{Guid.NewGuid():N}",
            ["RAFTSTREAM_PORT_2"] = port.ToString(CultureInfo.InvariantCulture),
        };

        (int exitCode, string text) = await ComposeStack.RunScript(["up", "--no-build"], environment);

        Assert.Equal(1, exitCode);
        Assert.Contains($"port {port}, for broker-2, is in use by something else; choose another with RAFTSTREAM_PORT_2=", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "Runs a cluster in containers")]
    [InlineData(2, "--nonsense makes no sense", "up", "--nonsense")]
    [InlineData(2, "Runs a cluster in containers", "cut")]
    [InlineData(1, "there is no network moon", "cut", "broker-1", "moon")]
    [InlineData(1, "there is no network moon", "cut", "broker-1", "moon", "in")]
    [InlineData(2, "Runs a cluster in containers", "cut", "broker-1", "cluster", "in", "out")]
    public async Task Nonsense_is_refused_before_docker_is_asked(int exitCode, string message, params string[] arguments)
    {
        (int ended, string text) = await ComposeStack.RunScript(arguments, new Dictionary<string, string>());

        Assert.Equal(exitCode, ended);
        Assert.Contains(message, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_an_engine_is_told_what_is_missing()
    {
        var nowhere = new Dictionary<string, string> { ["DOCKER_HOST"] = "tcp://127.0.0.1:1", ["DOCKER_CONTEXT"] = "" };

        (int ended, string text) = await ComposeStack.RunScript(["up"], nowhere);

        Assert.Equal(1, ended);
        Assert.Matches("error: (docker is needed|docker is there, but not its compose plugin|no Docker engine answers)", text);
    }

    private async Task FlowsAsync(HostTraffic traffic, string when)
    {
        TimeSpan took = await traffic.FlowsAsync(when);
        output.WriteLine($"{when}: every partition goes on after {took.TotalSeconds:0.0} s at most");
    }

    /// <summary>Waits until every partition has all its replicas in sync: the next fault is then the only one.</summary>
    private static Task InSyncAsync(RaftStreamClient client, ComposeStack stack) => Eventually.HoldsAsync(
        async () => (await client.Admin.DescribeTopicAsync(Topic)).Partitions.All(static partition => partition.Isr.Count == 3), stack.Story);

    private static async Task<List<VoterKey>> VotersAsync(RaftStreamClient client) =>
        [.. (await client.Cluster.DescribeQuorumAsync()).Replicas.Where(replica => replica.IsVoter).Select(replica => replica.Key)];
}
