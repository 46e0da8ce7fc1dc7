using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Broker;
using RaftStream.Grpc;
using RaftStream.Kafka;
using RaftStream.Metadata.Images;
using RaftStream.Rpc.Server;
using RaftStream.Storage.Files;

namespace RaftStream.Embedded;

/// <summary>One run of a broker: the node and its ports, from a start to a stop.</summary>
internal sealed class RunningBroker
{
    /// <summary>Protocol of the endpoints that are told to clients.</summary>
    private const string GrpcProtocol = "GRPC";

    private const string KafkaListenerName = "PLAINTEXT";

    /// <summary>For requests under way when the broker is stopped cleanly: long polls and streams would never end by themselves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly BrokerNode _node;
    private readonly RpcServer _server;
    private readonly KafkaDoor? _kafka;

    private RunningBroker(BrokerNode node, RpcServer server, KafkaDoor? kafka)
    {
        _node = node;
        _server = server;
        _kafka = kafka;
    }

    /// <summary>Port of the gRPC listener.</summary>
    public int Port => _server.EndPoints[0].Port;

    /// <summary>Port of the Kafka listener; 0 when there is none.</summary>
    public int KafkaPort => _kafka?.EndPoints[0].Port ?? 0;

    private ImmutableArray<BrokerEndpoint> Endpoints => _kafka is null
        ? [new BrokerEndpoint(GrpcProtocol, "127.0.0.1", Port)]
        : [new BrokerEndpoint(GrpcProtocol, "127.0.0.1", Port), KafkaEndpoints.Of(KafkaListenerName, "127.0.0.1", KafkaPort)];

    /// <summary>Opens the data and the ports.</summary>
    /// <exception cref="IOException">The port cannot be bound.</exception>
    public static async Task<RunningBroker> StartAsync(
        RaftStreamBrokerOptions options, IFileSystem files, string folder, (int Grpc, int Kafka) ports, CancellationToken cancellationToken)
    {
        var node = new BrokerNode(OptionsOf(options, folder), files, options.TimeProvider, options.LoggerFactory);
        var listener = RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, ports.Grpc), options.Certificate);
        var server = new RpcServer(new RpcServerOptions { Listeners = [listener] }, new RpcServices().AddBroker(node), options.LoggerFactory);
        var running = new RunningBroker(node, server, options.Kafka ? NewKafkaDoor(node, options, ports.Kafka) : null);
        try
        {
            // The ports first: the node tells clients which they are. Until the node serves, calls are answered UNAVAILABLE.
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
            if (running._kafka is { } kafka)
            {
                await kafka.StartAsync(cancellationToken).ConfigureAwait(false);
            }

            await node.StartAsync(running.Endpoints, cancellationToken).ConfigureAwait(false);
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

        if (_kafka is not null)
        {
            await _kafka.DisposeAsync().ConfigureAwait(false);
        }

        await _server.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
    }

    private static KafkaDoor NewKafkaDoor(BrokerNode node, RaftStreamBrokerOptions options, int port) => new(
        node,
        cluster: null,
        [new KafkaListener(KafkaListenerName, new IPEndPoint(IPAddress.Loopback, port))],
        new KafkaLimits(),
        options.LoggerFactory ?? NullLoggerFactory.Instance,
        options.TimeProvider);

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
