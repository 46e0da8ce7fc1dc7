using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Controller;

/// <summary>The metadata quorum of a node of its own: one voter, which formats itself and leads at once (C-5.1).</summary>
internal sealed class LoneQuorum : IAsyncDisposable
{
    /// <summary>Below the data folder.</summary>
    public const string FolderName = "quorum";

    /// <summary>Nobody calls it; another node's would be known by quorum.advertised.</summary>
    private static readonly RaftEndpoint Nowhere = new("127.0.0.1", 9091);

    /// <summary>The broker is in this very process: it is not to be given up for its silence, nor told that the controller lives.</summary>
    private const long Never = 1000L * 365 * 24 * 3600 * 1000;

    private LoneQuorum(QuorumNode node, ControllerGateway gateway, MetadataFeed feed)
    {
        Node = node;
        Gateway = gateway;
        Feed = feed;
    }

    public QuorumNode Node { get; }

    public ControllerGateway Gateway { get; }

    public MetadataFeed Feed { get; }

    /// <summary>Opens the quorum of a data folder, and makes it when the folder holds nothing yet.</summary>
    /// <exception cref="StorageException">It must not run: damaged, or partitions are there without it.</exception>
    public static async Task<LoneQuorum> StartAsync(
        BrokerOptions options, ControllerSettings settings, Prng prng, IFileSystem files, LogDirectory partitions, TimeProvider time)
    {
        QuorumStore store = Open($"{options.DataDirectory}/{FolderName}", files, partitions);
        var limits = new ControllerOptions
        {
            ClusterId = store.Identity.ClusterId,
            BrokerSessionMs = Never,
            NoOpIntervalMs = Never,
            LeaderBalanceIntervalMs = Never,
            Settings = settings,
            MaxWaiting = options.Limits.MaxQueuedControllerOperations,
        };
        var feed = new MetadataFeed();
        var node = new QuorumNode(
            new QuorumNodeOptions { Endpoint = Nowhere, Controller = limits, Seed = options.Seed },
            store,
            new QuorumPeers(TimeSpan.FromSeconds(1)),
            time,
            published: feed.Publish);
        var gateway = new ControllerGateway(
            node, new ControllerDesk(settings, limits, prng), new ControllerPeers(), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        var quorum = new LoneQuorum(node, gateway, feed);
        try
        {
            await node.StartAsync().ConfigureAwait(false);
            return quorum;
        }
        catch
        {
            await quorum.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Registers the broker and lets it lead: who holds the folder's lock is the only process that can be it.</summary>
    /// <returns>Its epoch, and the end of the metadata that says so.</returns>
    public async Task<(BrokerEpoch Epoch, long MetadataEnd)> RegisterAsync(BrokerStart start, CancellationToken cancellationToken)
    {
        await SubmitAsync(ControllerOperation.Of("register broker", image => BrokerControl.Register(image, start)), cancellationToken).ConfigureAwait(false);
        BrokerEpoch epoch = Node.Committed.Brokers.ById[start.Id].Epoch;

        // One heartbeat for all its life: it unfences, and begins a session that does not end.
        await SubmitAsync(HeartbeatControl.Take(new Heartbeat(start.Id, epoch, Node.Committed.EndOffset)), cancellationToken).ConfigureAwait(false);
        return (epoch, Node.Committed.EndOffset);
    }

    /// <summary>Flushes and closes; after a failure it only lets go.</summary>
    public async Task StopAsync()
    {
        await Node.StopAsync().ConfigureAwait(false);
        await Gateway.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Lets go as a crash would.</summary>
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync().ConfigureAwait(false);
        await Gateway.DisposeAsync().ConfigureAwait(false);
    }

    private static QuorumStore Open(string folder, IFileSystem files, LogDirectory partitions)
    {
        QuorumInspection? found = QuorumInspection.TryRead(files, folder);
        bool isUnfinished = found is null or { State: null, LogBytes: 0 };
        if (isUnfinished && partitions.Logs.Count > 0)
        {
            throw new StorageException(
                StorageErrorKind.Missing,
                $"The data folder holds {partitions.Logs.Count} partition logs but no metadata log ({folder}), so nobody knows what they are. Restore that folder from a backup.");
        }

        if (isUnfinished)
        {
            // A crash in the middle of formatting: nothing was ever answered out of it.
            files.DeleteDirectory(folder);
            DirectoryIdentity identity = partitions.Identity;
            var self = new Voter(new ReplicaKey(identity.NodeId, identity.DirectoryId), Nowhere);
            QuorumStore.Format(files, folder, identity, new VoterSet([self]));
        }

        if (found is not null && !isUnfinished && found.SnapshotVoters is not { Voters.Length: 1 })
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner,
                $"The folder {folder} was formatted for a cluster of several nodes: set quorum.listen or quorum.bootstrap.servers, or use another folder.");
        }

        return QuorumStore.Open(files, folder, new QuorumStoreOptions { ClusterId = partitions.Identity.ClusterId, NodeId = partitions.Identity.NodeId });
    }

    /// <summary>Its own first records must be on the disk before it decides anything: a moment, unless the disk hangs.</summary>
    private async Task SubmitAsync(ControllerOperation operation, CancellationToken cancellationToken)
    {
        OperationError? error;
        do
        {
            (_, error) = await Node.SubmitAsync(operation).ConfigureAwait(false);
            if (error is { Code: ErrorCode.NotController })
            {
                await Task.Delay(1, cancellationToken).ConfigureAwait(false);
            }
        }
        while (error is { Code: ErrorCode.NotController });

        if (error is not null)
        {
            throw new BrokerRefusedException(error.Code, error.Message);
        }
    }
}
