using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;

namespace RaftStream.Grpc.Forwarding;

/// <summary>A call of a client, or of another broker for one, as far as passing it on goes.</summary>
/// <remarks>Costs nothing as long as everything that the call asks for is led here.</remarks>
internal readonly struct IncomingCall(BrokerApi api, ServerCallContext context, LeaderForwarding? forwarding)
{
    /// <summary>The broker.</summary>
    public BrokerApi Api => api;

    /// <summary>The client is gone, or waits no more.</summary>
    public CancellationToken CancellationToken => context.CancellationToken;

    /// <summary>True when another broker passed the call on.</summary>
    public bool IsForwarded => ForwardingMark.TryRead(context.RequestHeaders, out _);

    /// <summary>What a leader is given beyond the time of the request itself.</summary>
    public TimeSpan Slack => forwarding!.Options.Slack;

    /// <summary>Where a partition's request must be passed on to; null when it is not: nobody leads it, or this broker, or it may not be.</summary>
    public LeaderAddress? FindLeader(TopicField topic, int partition) =>
        MayForward && topic.TryGetId(out TopicId id) ? LeaderForwarding.Find(api, topic.NameUtf8, id, partition) : null;

    /// <inheritdoc cref="FindLeader(TopicField, int)"/>
    public LeaderAddress? FindLeader(TopicRef? topic, int partition) =>
        MayForward && Requests.TryRead(topic, out var reference)
            ? LeaderForwarding.Find(api, System.Text.Encoding.UTF8.GetBytes(reference.Name), reference.Id, partition)
            : null;

    /// <summary>Calls to a leader.</summary>
    public CallInvoker CallsTo(LeaderAddress leader) =>
        forwarding!.CallsTo(api, api.Image.Brokers.Find(leader.Id) is { } broker ? InternalEndpoint.Of(broker) : leader.Endpoint);

    /// <summary>Watches a leader while a request is under way to it.</summary>
    public WatchedLeader Watch(LeaderAddress leader, CancellationToken cancellationToken) => forwarding!.Watch(api, leader, cancellationToken);

    /// <summary>Options of the call to a leader: the client's deadline and cancellation, and the mark.</summary>
    /// <param name="patience">Longest wait where the client set no deadline; null is forever.</param>
    public CallOptions Onward(TimeSpan? patience, CancellationToken cancellationToken)
    {
        DateTime? deadline = context.Deadline != DateTime.MaxValue ? context.Deadline
            : patience is { } time ? DateTime.UtcNow + time
            : null;
        return new CallOptions(new ForwardingMark(api.NodeId, api.Image.EndOffset).ToHeaders(), deadline, cancellationToken);
    }

    /// <summary>For a request that another broker passed on to this one, which does not see itself as leader: waits for the metadata that the other had.</summary>
    /// <returns>True when it is worth another look.</returns>
    public async ValueTask<bool> CatchUpAsync()
    {
        if (!ForwardingMark.TryRead(context.RequestHeaders, out ForwardingMark mark) || mark.MetadataEnd <= api.Image.EndOffset)
        {
            return false;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        patience.CancelAfter((forwarding?.Options ?? new LeaderForwardingOptions()).CatchUp);
        try
        {
            await api.WaitForMetadataAsync(mark.MetadataEnd, patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private bool MayForward => forwarding is not null && !ForwardingMark.TryRead(context.RequestHeaders, out _);
}
