using RaftStream.Client;

namespace RaftStream.Chaos.Clusters;

/// <summary>A cluster of the user's, known by its brokers' addresses: it is written to and read, and what hits it is the user's to say.</summary>
internal sealed class ForeignCluster(IReadOnlyList<string> bootstrap, TimeSpan patience) : ICluster
{
    /// <summary>Nothing is broken yet: who is there answers at once.</summary>
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public IReadOnlyList<int> Controllers { get; private init; } = [];

    public IReadOnlyList<int> Brokers { get; private init; } = [];

    public IReadOnlyList<string> Bootstrap => bootstrap;

    /// <summary>Asks the brokers who belongs to the cluster.</summary>
    /// <exception cref="ClusterException">An address cannot be read.</exception>
    /// <exception cref="RaftStreamException">Nobody answers.</exception>
    public static async Task<ForeignCluster> FindAsync(IReadOnlyList<string> bootstrap, TimeSpan patience)
    {
        await using RaftStreamClient client = ClientOf(bootstrap);
        QuorumDescription quorum = await client.Cluster.DescribeQuorumAsync();
        IReadOnlyList<ListedBrokerDescription> brokers = await client.Cluster.ListBrokersAsync();
        return new ForeignCluster(bootstrap, patience)
        {
            Controllers = [.. quorum.Replicas.Where(replica => replica.IsVoter).Select(replica => replica.Key.NodeId).Order()],
            Brokers = [.. brokers.Where(broker => broker.Status == BrokerStatus.Active).Select(broker => broker.NodeId).Order()],
        };
    }

    private static RaftStreamClient ClientOf(IReadOnlyList<string> bootstrap)
    {
        try
        {
            return new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = bootstrap, OperationTimeout = LongestSearch });
        }
        catch (ArgumentException exception)
        {
            throw new ClusterException(exception.Message);
        }
    }

    public bool CanCut(Cut cut) => false;

    public Task KillAsync(int node) => throw NotOurs();

    public Task StopAsync(int node) => throw NotOurs();

    public Task StartAsync(int node) => throw NotOurs();

    public Task PauseAsync(int node) => throw NotOurs();

    public Task ResumeAsync(int node) => throw NotOurs();

    public Task CutAsync(int node, Cut cut) => throw NotOurs();

    public Task SetFaultsAsync(int node, string faults) => throw NotOurs();

    public Task SaveLogsAsync(string folder) => Task.CompletedTask;

    /// <summary>Waits until every registered broker may lead.</summary>
    public async Task WaitReadyAsync(CancellationToken cancellationToken)
    {
        await using var client = new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = bootstrap, OperationTimeout = patience });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(patience);
        string reason = "";
        while (!enough.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<ListedBrokerDescription> brokers = await client.Cluster.ListBrokersAsync(enough.Token);
                reason = string.Join(", ", brokers.Where(broker => broker.Status != BrokerStatus.Active).Select(broker => $"broker {broker.NodeId} is {broker.Status}"));
                if (reason.Length == 0)
                {
                    return;
                }
            }
            catch (RaftStreamException exception)
            {
                reason = exception.Message;
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Workload.Pace.WaitAsync(Pause, enough.Token);
        }

        throw new ClusterException($"not ready after {patience.TotalSeconds:F0} s: {reason}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NotSupportedException NotOurs() => new("Nothing is done to a cluster that is somebody else's.");
}
