using System.Collections.Concurrent;
using RaftStream.Client;
using RaftStream.Client.V1;
using V1 = RaftStream.Client.V1;
using RaftStream.Rpc.Client;

namespace RaftStream.Chaos.Workload;

/// <summary>Generated stubs and nothing else: connections to brokers, and who leads what as they say.</summary>
internal sealed class ThinChannels(IReadOnlyList<string> bootstrap) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, RpcChannel> _channels = [];
    private int _next;

    public Log.LogClient LogOf(string endpoint) => new(ChannelOf(endpoint));

    public V1.Admin.AdminClient AdminOf(string endpoint) => new(ChannelOf(endpoint));

    /// <summary>The brokers in turn.</summary>
    public string Any() => bootstrap[(int)((uint)Interlocked.Increment(ref _next) % (uint)bootstrap.Count)];

    /// <summary>Asks one broker who leads a partition.</summary>
    /// <returns>host:port; null when that broker knows none.</returns>
    public async Task<string?> FindLeaderAsync(NamedPartition partition, CancellationToken cancellationToken)
    {
        var request = new GetMetadataRequest { Topics = { new TopicRef { Name = partition.Topic } } };
        GetMetadataResponse answer = await AdminOf(Any()).GetMetadataAsync(request, deadline: DateTime.UtcNow + Patience, cancellationToken: cancellationToken);
        int? leader = answer.Topics.FirstOrDefault()?.Partitions.FirstOrDefault(one => one.Partition_ == partition.Partition)?.Leader;
        return answer.Brokers.FirstOrDefault(broker => broker.NodeId == leader)?.Endpoint;
    }

    /// <summary>Whom to call about a partition: its leader, or any broker, which passes the call on.</summary>
    public async Task<string?> FindTargetAsync(NamedPartition partition, bool anyBroker) => anyBroker ? Any() : await FindLeaderAsync(partition, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (RpcChannel channel in _channels.Values)
        {
            await channel.DisposeAsync();
        }
    }

    private RpcChannel ChannelOf(string endpoint) => _channels.GetOrAdd(
        endpoint, static address => RpcChannel.ForAddress(address, new RpcChannelOptions { ConnectTimeout = TimeSpan.FromSeconds(1) }));
}
