using System.Net;
using RaftStream.Client;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>Nodes of a cluster start only as who they are (C-2.2, C-13.6), and say whether they are ready and why not.</summary>
public sealed class ClusterStartTests : BrokerTest
{
    [Fact]
    public async Task C_2_2_a_folder_that_is_not_formatted_is_refused_with_the_command_that_formats_it()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 0));

        (int exitCode, string log) = await FailToStartAsync(cluster.SetupOf(1) with { DataDirectory = Folder["wiped"] });

        Assert.Equal(1, exitCode);
        Assert.Contains(
            $"raftstream storage format --cluster-id {LocalCluster.ClusterId} --node-id 1 --data {Folder["wiped"]} --no-initial-voters", log, StringComparison.Ordinal);
        Assert.Contains("raftstream quorum remove-voter", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_2_2_whoever_does_not_know_the_cluster_id_is_told_the_command_that_shows_it()
    {
        var setup = new BrokerSetup { DataDirectory = Folder["new"], Settings = ["--node-id=7", "--process-roles=broker", "--quorum-bootstrap-servers=c1:9091,[::1]:9092"] };

        (int exitCode, string log) = await FailToStartAsync(setup);

        Assert.Equal(1, exitCode);
        Assert.Contains($"raftstream storage format --cluster-id <uuid> --node-id 7 --data {Folder["new"]} --no-initial-voters", log, StringComparison.Ordinal);
        Assert.Contains("where <uuid> is the cluster id", log, StringComparison.Ordinal);
        Assert.Contains("raftstream cluster describe --bootstrap c1:9091,[::1]:9092", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_2_2_another_clusters_folder_and_another_nodes_are_refused()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 0));
        BrokerSetup setup = cluster.SetupOf(1);

        (int wrongCluster, string clusterLog) = await FailToStartAsync(setup with { Settings = [.. setup.Settings, $"--cluster-id={Guid.NewGuid()}"] });
        (int wrongNode, string nodeLog) = await FailToStartAsync(setup with { Settings = [.. setup.Settings, "--node-id=7"] });

        Assert.Equal((1, 1), (wrongCluster, wrongNode));
        Assert.Contains($"belongs to cluster {LocalCluster.ClusterId}", clusterLog, StringComparison.Ordinal);
        Assert.Contains("belongs to node 1, not to 7", nodeLog, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_13_6_a_lost_vote_is_refused_with_the_commands_that_replace_the_voter()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 0));
        File.Delete(Path.Combine(Folder["node-1"], "quorum", "quorum-state"));

        (int exitCode, string log) = await FailToStartAsync(cluster.SetupOf(1));

        Assert.Equal(1, exitCode);
        Assert.Contains("raftstream quorum remove-voter 1:", log, StringComparison.Ordinal);
        Assert.Contains($"mv {Folder["node-1"]}/quorum", log, StringComparison.Ordinal);
        Assert.Contains("--no-initial-voters", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_layout_of_an_earlier_version_is_refused()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 0));
        Directory.CreateDirectory(Path.Combine(Folder["node-1"], "__cluster_metadata-0"));

        (int exitCode, string log) = await FailToStartAsync(cluster.SetupOf(1));

        Assert.Equal(1, exitCode);
        Assert.Contains("layout of an earlier version", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_a_cluster_is_not_run_alone()
    {
        await using LocalCluster cluster = await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 1);

        (int exitCode, string log) = await FailToStartAsync(new BrokerSetup { DataDirectory = Folder["node-2"], Settings = ["--node-id=2"] });

        Assert.Equal(1, exitCode);
        Assert.Contains("set quorum.listen or quorum.bootstrap.servers", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_follows_the_quorum_and_says_why_not()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 3, brokers: 1));
        cluster.Start(1);
        await SaysAsync(cluster, 1, "no leader of the metadata quorum is known");
        Assert.Equal(HttpStatusCode.OK, (await cluster[1].GetAsync("/healthz")).Status);

        cluster.Start(2);
        cluster.Start(4);
        await cluster.WaitReadyAsync();
        await cluster[1].KillAsync();

        // It still knows the name of its last leader.
        await SaysAsync(cluster, 2, "lagging: no metadata for");
        await SaysAsync(cluster, 4, "lagging: no metadata for");
        cluster.Start(1);
        await cluster.WaitReadyAsync();
    }

    [Fact]
    public async Task C_14_10_a_broker_that_slept_is_fenced_meanwhile_and_serves_again()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 1, brokers: 2));
        await using var client = new RaftStreamClient(cluster[3].Endpoint);
        cluster[2].Suspend();

        await Eventually.HoldsAsync(async () => await StatusOfAsync(client, 2) == BrokerStatus.Fenced, cluster.Story);
        cluster[2].Resume();

        await Eventually.HoldsAsync(async () => await StatusOfAsync(client, 2) == BrokerStatus.Active, cluster.Story);
        await cluster.WaitReadyAsync();
    }

    [Fact]
    public async Task C_8_7_a_leader_that_is_stopped_hands_over_and_all_end_cleanly()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 3, brokers: 1));
        await using RaftStreamClient client = cluster.Connect();
        int leader = (await client.Cluster.DescribeQuorumAsync()).Leader;

        Assert.Equal(0, await cluster[leader].TerminateAsync());
        QuorumDescription after = await client.Cluster.DescribeQuorumAsync();
        Assert.Equal(0, await cluster[4].TerminateAsync());

        Assert.NotEqual(leader, after.Leader);
    }

    [Fact]
    public async Task C_11_3_a_controller_joins_votes_and_leaves()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 1, brokers: 1));
        int port = FreePorts.Take();
        (int formatted, string text) = await LocalCluster.RunAsync(
            "storage", "format", "--cluster-id", LocalCluster.ClusterId.ToString(), "--node-id", "9", "--data", Folder["node-9"], "--no-initial-voters");
        Assert.True(formatted == 0, text);
        BrokerProcess joining = await StartReadyAsync(new BrokerSetup
        {
            DataDirectory = Folder["node-9"],
            Settings = ["--node-id=9", "--process-roles=controller", $"--quorum-listen=127.0.0.1:{port}", $"--quorum-bootstrap-servers={cluster.Quorum}"],
        });
        await using RaftStreamClient client = cluster.Connect();
        VoterKey key = (await client.Cluster.DescribeQuorumAsync()).Replicas.Single(replica => replica.Key.NodeId == 9).Key;

        await client.Cluster.AddVoterAsync(key, $"127.0.0.1:{port}");
        QuorumDescription joined = await client.Cluster.DescribeQuorumAsync();
        await client.Cluster.RemoveVoterAsync(key);
        QuorumDescription left = await client.Cluster.DescribeQuorumAsync();

        Assert.Equal([1, 9], joined.Replicas.Where(replica => replica.IsVoter).Select(replica => replica.Key.NodeId));
        Assert.Equal([1], left.Replicas.Where(replica => replica.IsVoter).Select(replica => replica.Key.NodeId));
        Assert.True(joining.IsRunning);
    }

    private static Task SaysAsync(LocalCluster cluster, int id, string reason) => Eventually.HoldsAsync(
        async () =>
        {
            try
            {
                (HttpStatusCode status, string text) = await cluster[id].GetAsync("/readyz");
                return status == HttpStatusCode.ServiceUnavailable && text.Contains(reason, StringComparison.Ordinal);
            }
            catch (InvalidOperationException)
            {
                return false; // The port is not open yet.
            }
        },
        cluster.Story);

    private static async Task<BrokerStatus> StatusOfAsync(RaftStreamClient client, int broker) =>
        (await client.Cluster.ListBrokersAsync()).Single(one => one.NodeId == broker).Status;
}
