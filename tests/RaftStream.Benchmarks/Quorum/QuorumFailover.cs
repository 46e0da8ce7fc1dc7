using System.Diagnostics;
using System.Globalization;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Quorum;

/// <summary><c>quorum-failover</c>: from the end of the active controller to the next metadata write that succeeds.</summary>
internal static class QuorumFailover
{
    private static readonly TimeSpan FetchesOften = TimeSpan.FromSeconds(1);

    /// <param name="trials">Of each kind; kinds alternate, so that the machine's mood meets all.</param>
    public static async Task RunAsync(string script, int trials)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, hasLinks: true);
        await using var client = new RaftStreamClient(cluster.Bootstrap);
        await client.Admin.CreateTopicAsync("probe");
        Times kills = new(), pauses = new(), cuts = new();
        for (int trial = 0; trial < trials; trial++)
        {
            kills.Add(await TrialAsync(cluster, client, (3 * trial) + 1, cluster.Kill, _ => { }));
            pauses.Add(await TrialAsync(cluster, client, (3 * trial) + 2, cluster.Pause, cluster.Resume));
            cuts.Add(await TrialAsync(cluster, client, (3 * trial) + 3, cluster.CutOff, cluster.Join));
            Console.WriteLine($"trial {trial + 1} of {trials}: kill -9 {kills.Last:N0} ms, SIGSTOP {pauses.Last:N0} ms, cut off {cuts.Last:N0} ms");
        }

        kills.Print("kill -9", "trials");
        pauses.Print("SIGSTOP", "trials");
        cuts.Print("cut off", "trials");
    }

    private static async Task<double> TrialAsync(LocalCluster cluster, RaftStreamClient client, int number, Action<int> hit, Action<int> mend)
    {
        await WriteAsync(client, number);
        int leader = await UntilAllFollowAsync(client);
        long began = Stopwatch.GetTimestamp();
        hit(leader);
        await WriteAsync(client, -number);
        double took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        mend(leader);
        await cluster.RepairAsync();
        return took;
    }

    /// <summary>Until every voter has what is committed, and asks the leader for more.</summary>
    /// <returns>The leader.</returns>
    private static async Task<int> UntilAllFollowAsync(RaftStreamClient client)
    {
        while (true)
        {
            QuorumDescription quorum = await client.Cluster.DescribeQuorumAsync();
            if (quorum.HighWatermark is { } committed && quorum.Replicas.Where(replica => replica.IsVoter).All(Follows))
            {
                return quorum.Leader;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));

            bool Follows(QuorumReplicaDescription voter) =>
                voter.Key.NodeId == quorum.Leader || (voter.LogEndOffset >= committed && voter.LastFetchAge < FetchesOften);
        }
    }

    /// <summary>Tries until it is taken.</summary>
    private static async Task WriteAsync(RaftStreamClient client, int number)
    {
        var values = new Dictionary<string, string?> { ["retention.ms"] = (10_000_000 + number).ToString(CultureInfo.InvariantCulture) };
        while (true)
        {
            try
            {
                await client.Admin.AlterTopicConfigsAsync("probe", values);
                return;
            }
            catch (RaftStreamException exception) when (exception.IsRetriable)
            {
                // The client gave up waiting; the next one may be led.
            }
        }
    }
}
