using System.Net.Security;
using Grpc.Core;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Rpc;
using RaftStream.Rpc.Http2;

namespace RaftStream.Broker.Replicas;

/// <summary>Connections to the brokers of the cluster, where their registrations say. Thread-safe.</summary>
/// <param name="tls">Null is cleartext.</param>
public sealed class ReplicaChannels(SslClientAuthenticationOptions? tls) : IAsyncDisposable
{
    /// <summary>Name of the endpoint that other brokers call, in a registration.</summary>
    public const string Protocol = "REPLICA";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly ChannelTable<BrokerEndpoint, CallInvoker> _channels = new(endpoint =>
    {
        string host = endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Host}]" : endpoint.Host;
        var channel = Http2Channel.ForAddress($"{(tls is null ? "http" : "https")}://{host}:{endpoint.Port}", new Http2Options
        {
            Tls = tls,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            KeepAlivePingDelay = Silence,
            KeepAlivePingTimeout = Silence,
        });
        return (channel, channel.CreateCallInvoker());
    });

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
                return _channels.CallsTo(endpoint);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _channels.DisposeAsync();
}
