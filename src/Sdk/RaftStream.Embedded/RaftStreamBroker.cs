using System.Globalization;
using RaftStream.Client;
using RaftStream.Storage.Files;

namespace RaftStream.Embedded;

/// <summary>A real broker inside this process: the same storage, broker and gRPC door as the server's.</summary>
/// <remarks>
/// Made for tests: ready in tens of milliseconds once the process is warm, on a port of its own, as many in one process as
/// wanted. Thread-safe; starting, stopping and restarting wait for each other.
/// </remarks>
public sealed class RaftStreamBroker : IAsyncDisposable
{
    private readonly RaftStreamBrokerOptions _options;
    private readonly DataFolder _folder;
    private readonly IFileSystem _files;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private RunningBroker? _running;
    private int _port;
    private int _kafkaPort;
    private bool _isDisposed;

    private RaftStreamBroker(RaftStreamBrokerOptions options)
    {
        _options = options;
        _port = options.Port;
        _kafkaPort = options.KafkaPort;
        _folder = DataFolder.For(options);
        _files = options.InMemory ? new MemoryFileSystem(options.TimeProvider) : new PhysicalFileSystem();
    }

    /// <summary>host:port of the gRPC listener; the same after a restart.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary><c>bootstrap.servers</c> for Kafka clients, cleartext; the same after a restart.</summary>
    /// <exception cref="InvalidOperationException">It serves none: <see cref="RaftStreamBrokerOptions.Kafka"/> is false.</exception>
    public string KafkaEndpoint => _options.Kafka
        ? string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_kafkaPort}")
        : throw new InvalidOperationException("The broker serves no Kafka clients; set Kafka in its options.");

    /// <summary>Folder of the data; in memory a name without a folder.</summary>
    public string DataDirectory => _folder.Path;

    /// <summary>False while it is stopped.</summary>
    public bool IsRunning => Volatile.Read(ref _running) is not null;

    /// <summary>Starts a broker; requests are taken when the task completes.</summary>
    /// <exception cref="IOException">The port or the folder cannot be used.</exception>
    public static async Task<RaftStreamBroker> StartAsync(
        RaftStreamBrokerOptions? options = null, CancellationToken cancellationToken = default)
    {
        var broker = new RaftStreamBroker(options ?? new RaftStreamBrokerOptions());
        try
        {
            await broker.StartAgainAsync(cancellationToken).ConfigureAwait(false);
            await broker.CreateTopicsAsync(cancellationToken).ConfigureAwait(false);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A client of this broker, for the caller to dispose of. With TLS it trusts the broker's certificate and no other.</summary>
    public RaftStreamClient CreateClient() => new(new RaftStreamClientOptions
    {
        BootstrapEndpoints = [Endpoint],
        Tls = _options.Certificate is { } certificate ? new ClientTlsOptions { TrustedAuthorities = [certificate] } : null,
    });

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="CrashAsync"/>, on the same port and data.</summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    /// <exception cref="IOException">The port or the folder cannot be used.</exception>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_running is not null)
            {
                throw new InvalidOperationException("The broker is running.");
            }

            RunningBroker running = await RunningBroker.StartAsync(_options, _files, _folder.Path, (_port, _kafkaPort), cancellationToken).ConfigureAwait(false);
            _port = running.Port;
            _kafkaPort = running.KafkaPort;
            Volatile.Write(ref _running, running);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Stops it as SIGTERM stops a server: requests under way end, everything is flushed. Its data stays.</summary>
    public Task StopAsync() => EndAsync(isClean: true);

    /// <summary>
    /// Stops it without flushing anything or telling anybody, as close to <c>kill -9</c> as one process allows. What was
    /// written is in the kernel's hands, so acknowledged records survive; losing power is not imitated.
    /// </summary>
    public Task CrashAsync() => EndAsync(isClean: false);

    /// <summary>Stops it cleanly and starts it again on the same port and data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync().ConfigureAwait(false);
        await StartAgainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops it at once and removes the temporary folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await CrashAsync().ConfigureAwait(false);
        _isDisposed = true;
        _folder.Dispose();
    }

    private async Task EndAsync(bool isClean)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            RunningBroker? running = Interlocked.Exchange(ref _running, null);
            if (running is not null)
            {
                await running.StopAsync(isClean).ConfigureAwait(false);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task CreateTopicsAsync(CancellationToken cancellationToken)
    {
        if (_options.Topics.Count == 0)
        {
            return;
        }

        RaftStreamClient client = CreateClient();
        await using (client.ConfigureAwait(false))
        {
            IEnumerable<TopicSpec> topics = _options.Topics.Select(topic => new TopicSpec { Name = topic.Key, Partitions = topic.Value });
            foreach (TopicOutcome outcome in await client.Admin.CreateTopicsAsync(topics, validateOnly: false, cancellationToken).ConfigureAwait(false))
            {
                // A folder that was used before may have them already.
                if (outcome.Error is { Code: not Model.ErrorCode.TopicAlreadyExists } failure)
                {
                    throw failure;
                }
            }
        }
    }
}
