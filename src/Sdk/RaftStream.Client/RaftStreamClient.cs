using RaftStream.Client.Routing;

namespace RaftStream.Client;

/// <summary>The way into a cluster: connections and metadata, shared by the producers, consumers and the admin made from it.</summary>
/// <remarks>Thread-safe; one for a process is enough. Connects when first used.</remarks>
public sealed class RaftStreamClient : IAsyncDisposable
{
    private readonly RaftStreamClientOptions _options;
    private readonly ChannelSet _channels;
    private readonly BrokerCalls _calls;
    private readonly ClusterMetadata _metadata;

    /// <summary>A client of the cluster that <paramref name="options"/> lead to.</summary>
    /// <exception cref="ArgumentException">No bootstrap endpoint, or one that is not <c>host:port</c>.</exception>
    public RaftStreamClient(RaftStreamClientOptions options)
        : this(options, new RpcBrokerConnector(options))
    {
    }

    /// <summary>A client of the cluster of one broker, <c>host:port</c>, with defaults for everything else.</summary>
    /// <exception cref="ArgumentException">Not <c>host:port</c>.</exception>
    public RaftStreamClient(string bootstrapEndpoint)
        : this(new RaftStreamClientOptions { BootstrapEndpoints = [bootstrapEndpoint] })
    {
    }

    internal RaftStreamClient(RaftStreamClientOptions options, IBrokerConnector connector)
    {
        ArgumentNullException.ThrowIfNull(options);
        Endpoints.Check(options.BootstrapEndpoints);
        _options = options;
        _channels = new ChannelSet(connector);
        _calls = new BrokerCalls(options, _channels);
        _metadata = new ClusterMetadata(options, _calls);
        Admin = new Admin(options, _calls, _metadata);
        Cluster = new ClusterAdmin(options, _calls, _metadata);
    }

    /// <summary>Topics, configs, and what the cluster looks like.</summary>
    public Admin Admin { get; }

    /// <summary>The metadata quorum, its voters, and the brokers.</summary>
    public ClusterAdmin Cluster { get; }

    /// <summary>A producer, to be disposed before the client.</summary>
    /// <exception cref="ArgumentException">The options contradict themselves, or the codec cannot be used on this machine.</exception>
    public Producer CreateProducer(ProducerOptions? options = null)
    {
        ProducerOptions checkedOptions = options ?? new ProducerOptions();
        checkedOptions.Check();
        return new Producer(_options, checkedOptions, _metadata, _calls, _channels);
    }

    /// <summary>A consumer, to be disposed before the client.</summary>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public Consumer CreateConsumer(ConsumerOptions? options = null)
    {
        ConsumerOptions checkedOptions = options ?? new ConsumerOptions();
        checkedOptions.Check();
        return new Consumer(_options, checkedOptions, _metadata, _calls, _channels);
    }

    /// <summary>Closes the connections. Dispose producers and consumers first.</summary>
    public ValueTask DisposeAsync() => _channels.DisposeAsync();
}
