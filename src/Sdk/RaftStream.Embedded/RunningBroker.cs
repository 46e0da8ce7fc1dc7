using System.Collections.Immutable;
using System.Net;
using RaftStream.Broker;
using RaftStream.Grpc;
using RaftStream.Metadata.Images;
using RaftStream.Rpc.Server;
using RaftStream.Storage.Files;

namespace RaftStream.Embedded;

/// <summary>One run of a broker: the node and its port, from a start to a stop.</summary>
internal sealed class RunningBroker
{
    /// <summary>Protocol of the endpoints that are told to clients.</summary>
    private const string GrpcProtocol = "GRPC";

    /// <summary>For requests under way when the broker is stopped cleanly: long polls and streams would never end by themselves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly BrokerNode _node;
    private readonly RpcServer _server;

    private RunningBroker(BrokerNode node, RpcServer server)
    {
        _node = node;
        _server = server;
    }

    /// <summary>Port of the gRPC listener.</summary>
    public int Port => _server.EndPoints[0].Port;

    /// <summary>Opens the data and the port.</summary>
    /// <exception cref="IOException">The port cannot be bound.</exception>
    public static async Task<RunningBroker> StartAsync(
        RaftStreamBrokerOptions options, IFileSystem files, string folder, int port, CancellationToken cancellationToken)
    {
        var node = new BrokerNode(OptionsOf(options, folder), files, options.TimeProvider, options.LoggerFactory);
        var listener = RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, port), options.Certificate);
        var server = new RpcServer(new RpcServerOptions { Listeners = [listener] }, new RpcServices().AddBroker(node), options.LoggerFactory);
        var running = new RunningBroker(node, server);
        try
        {
            // The port first: the node tells clients which one it is. Until the node serves, calls are answered UNAVAILABLE.
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
            ImmutableArray<BrokerEndpoint> endpoints = [new BrokerEndpoint(GrpcProtocol, "127.0.0.1", running.Port)];
            await node.StartAsync(endpoints, cancellationToken).ConfigureAwait(false);
            server.Health.SetServing("", serving: true);
            return running;
        }
        catch
        {
            await running.StopAsync(isClean: false).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the port, then the data.</summary>
    public async Task StopAsync(bool isClean)
    {
        if (isClean)
        {
            using var patience = new CancellationTokenSource(Patience);
            await _server.StopAsync(patience.Token).ConfigureAwait(false);
            await _node.StopAsync().ConfigureAwait(false);
        }

        await _server.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
    }

    private static BrokerOptions OptionsOf(RaftStreamBrokerOptions options, string folder) => new()
    {
        DataDirectory = folder,
        DefaultPartitions = options.DefaultPartitions,
        AutoCreateTopics = options.AutoCreateTopics,
        TopicDefaults = options.TopicDefaults.ToImmutableSortedDictionary(StringComparer.Ordinal),
        // Tests run where little may be free, and write little.
        MinFreeBytes = 0,
    };
}
