using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Grpc;
using RaftStream.Kafka;
using RaftStream.Metadata.Images;
using RaftStream.Raft.Messages;
using RaftStream.Server.Settings;
using RaftStream.Storage.Files;

namespace RaftStream.Server.Startup;

/// <summary>A process's part of the Kafka door: listeners out of the settings, what is registered of them, and the door itself.</summary>
internal sealed class KafkaParts : IAsyncDisposable
{
    private readonly X509Certificate2? _certificate;
    private readonly KafkaDoor _door;

    private KafkaParts(KafkaDoor door, X509Certificate2? certificate)
    {
        _door = door;
        _certificate = certificate;
    }

    /// <summary>Finds the ports; what the broker registers must have them.</summary>
    /// <exception cref="StartupException">A port cannot be bound.</exception>
    public static ImmutableArray<KafkaListenerSettings> Probe(KafkaSettings settings) =>
        [.. settings.Listeners.Select(listener => listener with { EndPoint = Ports.Probe(listener.EndPoint, "--listeners", "--listeners") })];

    /// <summary>What clients are told.</summary>
    public static ImmutableArray<BrokerEndpoint> EndpointsOf(ImmutableArray<KafkaListenerSettings> listeners) =>
        [.. listeners.Select(listener => listener.Advertised is { } told
            ? KafkaEndpoints.Of(listener.Name, told.Host, told.Port)
            : KafkaEndpoints.Of(listener.Name, AdvertisedEndpoint.HostOf(listener.EndPoint.Address), listener.EndPoint.Port))];

    /// <summary>Opens the listeners.</summary>
    /// <param name="listeners">With their ports.</param>
    /// <exception cref="StartupException">The certificate cannot be read, or a port cannot be bound.</exception>
    public static async Task<KafkaParts> StartAsync(
        ServerSettings settings,
        ImmutableArray<KafkaListenerSettings> listeners,
        BrokerNode broker,
        ClusterAccess cluster,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        KafkaSettings kafka = settings.Kafka;
        X509Certificate2? certificate = kafka.TlsCertificateFile.Length == 0
            ? null
            : PemFiles.LoadCertificate("the Kafka listeners", "kafka.tls", kafka.TlsCertificateFile, kafka.TlsKeyFile);
        var limits = new KafkaLimits
        {
            // As for the other ports: connections must leave files for the logs.
            MaxConnections = (int)Math.Min(settings.MaxConnections, PhysicalFileSystem.Instance.MaxOpenFiles / 3),
            MaxConnectionsPerAddress = kafka.MaxConnectionsPerAddress,
            MaxRequestBytes = settings.MaxRequestBytes,
            MaxReceivingBytes = kafka.QueuedMaxBytes,
            MaxUnsentBytes = kafka.QueuedMaxBytes / 2,
            IdleTimeout = kafka.IdleTimeout,
        };
        var door = new KafkaDoor(
            broker,
            AccessOf(cluster),
            [.. listeners.Select(listener => new KafkaListener(listener.Name, listener.EndPoint, listener.HasTls ? certificate : null))],
            limits,
            loggers);
        try
        {
            await door.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            await door.DisposeAsync().ConfigureAwait(false);
            certificate?.Dispose();
            throw new StartupException($"the Kafka listeners cannot be opened: {exception.Message}; see --listeners", exception);
        }

        return new KafkaParts(door, certificate);
    }

    /// <summary>The quorum as the other door knows it.</summary>
    private static KafkaClusterAccess AccessOf(ClusterAccess cluster) => new()
    {
        DescribeQuorumAsync = async cancellationToken =>
        {
            RaftResponse answer = await cluster.AskLeaderAsync(
                new RaftRequest.DescribeQuorum { ClusterId = cluster.ClusterId() }, cancellationToken).ConfigureAwait(false);
            return (answer as RaftResponse.DescribeQuorum, answer.Error);
        },
        UnregisterAsync = (id, cancellationToken) => cluster.UnregisterAsync(id, false, cancellationToken),
    };

    /// <summary>Closes all connections; the broker has stopped before.</summary>
    public Task StopAsync() => _door.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync().ConfigureAwait(false);
        _certificate?.Dispose();
    }
}
