using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Replicas;
using RaftStream.Quorum.Runtime;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Rpc.Server;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Tests.Runtime;

/// <summary>Nodes in this process, over real sockets and real files.</summary>
internal sealed class RunningQuorum : IAsyncDisposable
{
    public static readonly Guid ClusterId = new("5a5a5a5a-1111-4222-8333-444444444444");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("raftstream-quorum-");
    private readonly SortedDictionary<int, (QuorumNode Node, RpcServer Server)> _running = [];
    private readonly ImmutableArray<Voter> _voters;

    public RunningQuorum(int voters)
    {
        _voters = [.. Enumerable.Range(0, voters).Select(id => new Voter(new ReplicaKey(new NodeId(id), Guid.NewGuid()), FreePlace()))];
    }

    public UpkeepOptions Upkeep { get; init; } = new();

    public QuorumNode this[int id] => _running[id].Node;

    public IEnumerable<QuorumNode> Nodes => _running.Values.Select(entry => entry.Node);

    public ImmutableArray<Voter> Voters => _voters;

    public string FolderOf(int id) => Path.Combine(_root.FullName, "node" + id);

    public async Task StartAllAsync()
    {
        for (int id = 0; id < _voters.Length; id++)
        {
            await StartAsync(id);
        }
    }

    public async Task<QuorumNode> StartAsync(int id, bool canVote = true)
    {
        Voter self = id < _voters.Length ? _voters[id] : new Voter(new ReplicaKey(new NodeId(id), Guid.NewGuid()), FreePlace());
        string folder = FolderOf(id);
        if (!Directory.Exists(folder))
        {
            var identity = new DirectoryIdentity(ClusterId, self.Key.Id, self.Key.DirectoryId);
            QuorumStore.Format(PhysicalFileSystem.Instance, folder, identity, id < _voters.Length ? new VoterSet(_voters) : VoterSet.Empty);
        }

        QuorumStore store = QuorumStore.Open(PhysicalFileSystem.Instance, folder, new QuorumStoreOptions { CanBecomeVoter = canVote });
        var node = new QuorumNode(
            new QuorumNodeOptions
            {
                Endpoint = canVote ? self.Endpoint : null,
                BootstrapServers = [.. _voters.Select(voter => voter.Endpoint)],
                Controller = new ControllerOptions { ClusterId = ClusterId },
                Upkeep = Upkeep,
            },
            store,
            new QuorumPeers(TimeSpan.FromSeconds(2)),
            TimeProvider.System);
        var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, self.Endpoint.Port), null)] },
            node.AddTo(new RpcServices()),
            NullLoggerFactory.Instance);
        await server.StartAsync(CancellationToken.None);
        await node.StartAsync();
        _running[id] = (node, server);
        return node;
    }

    /// <summary>A node with a folder of another cluster asks this one's controllers; the caller disposes of it.</summary>
    public async Task<QuorumNode> StartStrangerAsync(Guid clusterId)
    {
        string folder = FolderOf(99);
        var identity = new DirectoryIdentity(clusterId, new NodeId(99), Guid.NewGuid());
        QuorumStore.Format(PhysicalFileSystem.Instance, folder, identity, VoterSet.Empty);
        var node = new QuorumNode(
            new QuorumNodeOptions
            {
                Endpoint = null,
                BootstrapServers = [.. _voters.Select(voter => voter.Endpoint)],
                Controller = new ControllerOptions { ClusterId = clusterId },
            },
            QuorumStore.Open(PhysicalFileSystem.Instance, folder, new QuorumStoreOptions { CanBecomeVoter = false }),
            new QuorumPeers(TimeSpan.FromSeconds(2)),
            TimeProvider.System);
        await node.StartAsync();
        return node;
    }

    /// <summary>Like a crash of the process: nothing is handed over or flushed.</summary>
    public async Task KillAsync(int id)
    {
        (QuorumNode node, RpcServer server) = _running[id];
        _running.Remove(id);
        await server.DisposeAsync();
        await node.DisposeAsync();
    }

    public async Task StopAsync(int id)
    {
        (QuorumNode node, RpcServer server) = _running[id];
        _running.Remove(id);
        await node.StopAsync();
        await server.DisposeAsync();
    }

    /// <summary>Waits until a controller is active, and gives the id of its node.</summary>
    public async Task<int> LeaderAsync()
    {
        await UntilAsync(() => _running.Values.Any(entry => entry.Node.IsActive));
        return _running.First(entry => entry.Value.Node.IsActive).Key;
    }

    /// <summary>Sets a config of the cluster at the leader; again after NOT_CONTROLLER, which it is safe to do.</summary>
    public async Task SetAsync(string key, string value)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int leader = await LeaderAsync();
            try
            {
                (_, OperationError? error) = await this[leader].SubmitAsync(Set(key, value));
                if (error is null)
                {
                    return;
                }
            }
            catch (QuorumStoppedException)
            {
                // Another one will lead.
            }

            await Task.Delay(20);
        }

        Assert.Fail("Nobody took the value.");
    }

    public static ControllerOperation Set(string key, string value) => new("set", _ => new OperationDecision(
        [new Internal.V1.MetadataRecord { Config = new Internal.V1.ConfigRecord { ResourceType = 3, ResourceName = "", Key = key, Value = value } }],
        _ => value));

    public static string? Get(MetadataImage image, string key) => image.Configs.Of(ConfigOwner.Cluster).GetValueOrDefault(key);

    public static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 3_000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition(), "It did not happen.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (int id in _running.Keys.ToList())
        {
            await KillAsync(id);
        }

        _root.Delete(recursive: true);
    }

    private static RaftEndpoint FreePlace()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new RaftEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
    }
}
