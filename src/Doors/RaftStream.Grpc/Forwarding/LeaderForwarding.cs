using System.Collections.Concurrent;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Rpc.Http2;

namespace RaftStream.Grpc.Forwarding;

/// <summary>The way to the leaders of partitions that this broker does not lead: a channel per broker, made at the first call.</summary>
/// <remarks>Thread-safe. Without one the door refuses such requests, with a hint at the leader.</remarks>
public sealed class LeaderForwarding(LeaderForwardingOptions? options = null) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Http2Channel>> _channels = new(StringComparer.Ordinal);
    private readonly LeaderWatch _watch = new(TimeProvider.System);

    internal LeaderForwardingOptions Options { get; } = options ?? new LeaderForwardingOptions();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        foreach (string endpoint in _channels.Keys)
        {
            await CloseAsync(endpoint).ConfigureAwait(false);
        }
    }

    /// <summary>The other broker that leads a partition; null when nobody does, or this one.</summary>
    internal static LeaderAddress? Find(BrokerApi api, ReadOnlySpan<byte> topicUtf8, TopicId id, int partition) =>
        api.FindLeader(topicUtf8, id, partition, out var found) is { } leader
            && leader.Id != api.NodeId && GrpcErrors.EndpointOf(leader) is { Length: > 0 } endpoint
            ? new LeaderAddress(leader.Id, found.Epoch, endpoint, found.Partition)
            : null;

    /// <summary>Calls to a broker.</summary>
    internal CallInvoker CallsTo(BrokerApi api, string endpoint)
    {
        if (!_channels.TryGetValue(endpoint, out Lazy<Http2Channel>? channel))
        {
            channel = _channels.GetOrAdd(endpoint, new Lazy<Http2Channel>(() => Connect(endpoint)));
            CloseUnused(api.Image);
        }

        return channel.Value.CreateCallInvoker();
    }

    /// <summary>Watches a leader while a request is under way to it.</summary>
    internal WatchedLeader Watch(BrokerApi api, LeaderAddress leader, CancellationToken cancellationToken)
    {
        WatchedLeader watched = _watch.Begin(api, leader, cancellationToken);
        watched.Add(leader.Partition);
        return watched;
    }

    private Http2Channel Connect(string endpoint) => Http2Channel.ForAddress(
        (Options.Tls is null ? "http://" : "https://") + endpoint,
        new Http2Options
        {
            ConnectTimeout = Options.ConnectTimeout,
            KeepAlivePingDelay = Options.PingAfter,
            KeepAlivePingTimeout = Options.PingAfter,
            StreamWindowBytes = Options.StreamWindowBytes,
            MaxReceiveMessageBytes = Options.MaxAnswerBytes,
            Tls = Options.Tls,
        });

    /// <summary>Brokers come back under other addresses, and some do not come back: their channels would pile up.</summary>
    private void CloseUnused(MetadataImage image)
    {
        HashSet<string> used = [.. image.Brokers.ById.Values.Select(InternalEndpoint.Of)];
        foreach (string endpoint in _channels.Keys.Where(endpoint => !used.Contains(endpoint)))
        {
            _ = CloseAsync(endpoint).AsTask();
        }
    }

    private ValueTask CloseAsync(string endpoint) =>
        _channels.TryRemove(endpoint, out Lazy<Http2Channel>? channel) ? channel.Value.DisposeAsync() : ValueTask.CompletedTask;
}
