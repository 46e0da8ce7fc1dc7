using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Storage.Files;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>A broker with an open door: listeners PLAINTEXT and SSL on free ports.</summary>
internal sealed class OpenDoor : IAsyncDisposable
{
    private readonly LogLines _log = new();
    private readonly X509Certificate2 _certificate = NewCertificate();
    private readonly DirectoryInfo? _folder;

    private OpenDoor(BrokerNode node, KafkaLimits limits, DirectoryInfo? folder, IPAddress address)
    {
        Node = node;
        _folder = folder;
        Door = new KafkaDoor(
            node,
            null,
            [new("PLAINTEXT", new IPEndPoint(address, 0)), new("SSL", new IPEndPoint(address, 0), _certificate)],
            limits,
            _log);
    }

    public BrokerNode Node { get; }

    public BrokerApi Api => Node.Api!;

    public KafkaDoor Door { get; }

    public IPEndPoint Plain => Door.EndPoints[0];

    public IPEndPoint Tls => Door.EndPoints[1];

    /// <summary>What was logged.</summary>
    public IEnumerable<string> Log => _log.Lines;

    /// <param name="onDisk">True with real files, for sendfile.</param>
    public static async Task<OpenDoor> StartAsync(KafkaLimits? limits = null, bool onDisk = false, IPAddress? address = null)
    {
        DirectoryInfo? folder = onDisk ? Directory.CreateTempSubdirectory("raftstream-kafka-tests-") : null;
        var node = new BrokerNode(
            KafkaBroker.Options with { DataDirectory = folder?.FullName ?? "/data", MinFreeBytes = 0 },
            onDisk ? PhysicalFileSystem.Instance : new MemoryFileSystem());
        await node.StartAsync([KafkaEndpoints.Of("PLAINTEXT", "broker.example", 9092), KafkaEndpoints.Of("SSL", "broker.example", 9093)]);
        var door = new OpenDoor(node, limits ?? new KafkaLimits(), folder, address ?? IPAddress.Loopback);
        await door.Door.StartAsync(CancellationToken.None);
        return door;
    }

    public Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(Plain);

    public async ValueTask DisposeAsync()
    {
        await Door.DisposeAsync();
        await Node.DisposeAsync();
        _certificate.Dispose();
        _folder?.Delete(recursive: true);
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed class LogLines : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}{exception}");

        public void Dispose()
        {
        }
    }
}
