using System.Net.Security;
using Grpc.Core;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Rpc.Http2;

namespace RaftStream.Broker.Replicas;

/// <summary>Connections to the brokers of the cluster, where their registrations say. Thread-safe.</summary>
/// <param name="tls">Null is cleartext.</param>
public sealed class ReplicaChannels(SslClientAuthenticationOptions? tls) : IAsyncDisposable
{
    /// <summary>Name of the endpoint that other brokers call, in a registration.</summary>
    public const string Protocol = "REPLICA";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly Dictionary<BrokerEndpoint, Http2Channel> _channels = [];
    private readonly Lock _gate = new();
    private volatile BrokersImage _brokers = BrokersImage.Empty;

    /// <summary>Takes new registrations.</summary>
    public void Update(BrokersImage brokers) => _brokers = brokers;

    /// <summary>Calls to a broker; null while it is not registered.</summary>
    internal CallInvoker? Find(NodeId broker)
    {
        foreach (BrokerEndpoint endpoint in _brokers.Find(broker)?.Endpoints ?? [])
        {
            if (endpoint.Protocol == Protocol)
            {
                return ChannelOf(endpoint).CreateCallInvoker();
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Http2Channel> channels;
        lock (_gate)
        {
            channels = [.. _channels.Values];
            _channels.Clear();
        }

        foreach (Http2Channel channel in channels)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Http2Channel ChannelOf(BrokerEndpoint endpoint)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(endpoint, out Http2Channel? channel))
            {
                string host = endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Host}]" : endpoint.Host;
                channel = Http2Channel.ForAddress($"{(tls is null ? "http" : "https")}://{host}:{endpoint.Port}", new Http2Options
                {
                    Tls = tls,
                    ConnectTimeout = TimeSpan.FromSeconds(2),
                    KeepAlivePingDelay = Silence,
                    KeepAlivePingTimeout = Silence,
                });
                _channels[endpoint] = channel;
            }

            return channel;
        }
    }
}
