using System.Collections.Concurrent;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using RaftStream.Integration.Histories;
using Xunit.Abstractions;

namespace RaftStream.Integration;

/// <summary>Real controllers are killed, paused and restarted while topics are made: what was answered is there, in one order for all (X-21, C-14.4).</summary>
public sealed class MetadataHistoryTests(ITestOutputHelper output) : BrokerTest
{
    private const int ProgressPerFault = 60;
    private readonly ConcurrentDictionary<string, string> _configs = [];

    [Fact]
    public async Task X_21_metadata_is_linearizable_while_controllers_are_killed_paused_and_restarted()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 3, brokers: 2));
        var history = new MetadataHistory();
        MetadataClient[] clients = [.. cluster.Brokers.SelectMany(
            (broker, index) => Enumerable.Range(0, 3).Select(number => Own(new MetadataClient($"client {number} of broker {index + 4}", broker, history))))];
        foreach (string shared in new[] { "grow-0", "grow-1" })
        {
            Assert.False(await clients[0].CreateAsync(shared));
        }

        using var enough = new CancellationTokenSource();
        Task[] working = [.. clients.Select((client, number) => WorkAsync(client, number, enough.Token))];

        await KillLeaderAsync(cluster, history);
        await PauseLeaderAsync(cluster, history);
        await KillFollowerAsync(cluster, history);
        await PauseLeaderAsync(cluster, history);
        await KillLeaderAsync(cluster, history);
        await ProgressAsync(cluster, history);
        await enough.CancelAsync();
        await Task.WhenAll(working);
        await cluster.WaitReadyAsync();

        output.WriteLine($"{history.Answered} calls answered, {history.Lost} without an answer");
        await LookAtAllAsync(clients, history);
        Check(history);
        await CheckConfigsAsync(cluster);
    }

    private async Task WorkAsync(MetadataClient client, int number, CancellationToken enough)
    {
        var random = new Random(number);
        for (int round = 0; !enough.IsCancellationRequested; round++)
        {
            string topic = string.Create(CultureInfo.InvariantCulture, $"topic-{number}-{round}");
            bool? wasThere = await client.CreateAsync(topic);
            await client.LookAsync(string.Create(CultureInfo.InvariantCulture, $"topic-{random.Next(6)}-{random.Next(round + 1)}"));
            string shared = $"grow-{random.Next(2)}";
            await client.GrowAsync(shared, random.Next(2, 24), isQuestion: random.Next(4) != 0);
            if (wasThere is false)
            {
                string value = string.Create(CultureInfo.InvariantCulture, $"{1_000_000 + round}");
                if (await client.AlterAsync(topic, "retention.ms", value))
                {
                    _configs[topic] = value;
                }

                if (round % 2 == 0)
                {
                    _configs.TryRemove(topic, out _);
                    await client.DeleteAsync(topic);
                }
            }
        }
    }

    private static async Task KillLeaderAsync(LocalCluster cluster, MetadataHistory history)
    {
        await ProgressAsync(cluster, history);
        int leader = await LeaderAsync(cluster);
        await cluster[leader].KillAsync();
        await ProgressAsync(cluster, history);
        cluster.Start(leader);
        await cluster[leader].WaitReadyAsync();
    }

    private static async Task KillFollowerAsync(LocalCluster cluster, MetadataHistory history)
    {
        await ProgressAsync(cluster, history);
        int follower = (await LeaderAsync(cluster) % cluster.Controllers) + 1;
        await cluster[follower].KillAsync();
        await ProgressAsync(cluster, history);
        cluster.Start(follower);
        await cluster[follower].WaitReadyAsync();
    }

    private static async Task PauseLeaderAsync(LocalCluster cluster, MetadataHistory history)
    {
        await ProgressAsync(cluster, history);
        int leader = await LeaderAsync(cluster);
        cluster[leader].Suspend();
        await ProgressAsync(cluster, history);
        cluster[leader].Resume();
        await ProgressAsync(cluster, history);
    }

    private static Task ProgressAsync(LocalCluster cluster, MetadataHistory history)
    {
        int goal = history.Answered + ProgressPerFault;
        return Eventually.HoldsAsync(() => history.Answered >= goal, () => $"{history.Answered} of {goal} calls answered.\n{cluster.Story()}");
    }

    private static async Task<int> LeaderAsync(LocalCluster cluster)
    {
        await using RaftStreamClient client = cluster.Connect();
        return (await client.Cluster.DescribeQuorumAsync()).Leader;
    }

    private static async Task LookAtAllAsync(MetadataClient[] clients, MetadataHistory history)
    {
        foreach (string topic in history.Existence.Keys)
        {
            Assert.NotNull(await clients[0].LookAsync(topic));
        }
    }

    private static void Check(MetadataHistory history)
    {
        foreach ((string topic, ConcurrentQueue<Interval<ExistenceAction>> calls) in history.Existence)
        {
            string? violation = Linearizability.Violation(new ExistenceModel(), calls);
            Assert.True(violation is null, $"{topic}: {violation}");
        }

        foreach ((string topic, ConcurrentQueue<Interval<GrowthAction>> calls) in history.Growth)
        {
            string? violation = Linearizability.Violation(new GrowthModel(initial: 1), calls);
            Assert.True(violation is null, $"{topic}: {violation}");
        }
    }

    private async Task CheckConfigsAsync(LocalCluster cluster)
    {
        Assert.NotEmpty(_configs);
        foreach (BrokerProcess broker in cluster.Brokers)
        {
            await using var client = new RaftStreamClient(broker.Endpoint);
            foreach ((string topic, string value) in _configs)
            {
                Assert.Contains(await client.Admin.DescribeTopicConfigsAsync(topic), config => config.Key == "retention.ms" && config.Value == value);
            }
        }
    }
}
