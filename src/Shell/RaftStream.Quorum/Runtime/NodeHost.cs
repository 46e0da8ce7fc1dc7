using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Replicas;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Runtime;

/// <summary>The outside of a replica in a real process: who waits for answers, who is told of images. The node's thread calls it.</summary>
internal sealed class NodeHost(
    QuorumNode node, Action<PublishedChange?, MetadataImage> published, QuorumMetrics metrics, ILogger logger) : IQuorumHost
{
    private readonly FencedBrokers _fenced = new(metrics, logger);
    private readonly Dictionary<long, Caller> _callers = [];
    private readonly Dictionary<long, TaskCompletionSource<QuorumReply>> _peers = [];
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private volatile MetadataImage _committed = MetadataImage.Empty;
    private volatile bool _isActive;
    private (NodeId, LeaderEpoch, RaftEndpoint?) _leader = (NodeId.None, LeaderEpoch.Unknown, null);

    public MetadataImage Committed
    {
        get => _committed;
        set => _committed = value;
    }

    public bool IsActive
    {
        get => _isActive;
        set => _isActive = value;
    }

    public (NodeId Id, LeaderEpoch Epoch, RaftEndpoint? Endpoint) Leader
    {
        get
        {
            lock (_lock)
            {
                return _leader;
            }
        }
    }

    /// <summary>Completes when the node may stop (C-8.7).</summary>
    public Task HandedOver => _handedOver.Task;

    /// <summary>Somebody waits for the answer to an operation.</summary>
    public Task<(object? Response, OperationError? Error)> AwaitAnswerAsync(long id)
    {
        var caller = new Caller(new(TaskCreationOptions.RunContinuationsAsynchronously), Stopwatch.GetTimestamp());
        lock (_lock)
        {
            _callers[id] = caller;
        }

        return caller.Answer.Task;
    }

    /// <summary>A peer or a tool waits for the answer to a request.</summary>
    public TaskCompletionSource<QuorumReply> AwaitReply(long token)
    {
        var peer = new TaskCompletionSource<QuorumReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _peers[token] = peer;
        }

        return peer;
    }

    /// <summary>Nobody waits any more; false when the answer was given.</summary>
    public bool Forget(long token)
    {
        lock (_lock)
        {
            return _peers.Remove(token) || _callers.Remove(token);
        }
    }

    /// <summary>Fails everybody who still waits.</summary>
    public void FailAll(Exception reason)
    {
        List<Caller> callers;
        List<TaskCompletionSource<QuorumReply>> peers;
        lock (_lock)
        {
            callers = [.. _callers.Values];
            peers = [.. _peers.Values];
            _callers.Clear();
            _peers.Clear();
        }

        callers.ForEach(caller => caller.Answer.TrySetException(reason));
        peers.ForEach(peer => peer.TrySetException(reason));
    }

    public void Send(long correlationId, NodeId to, RaftEndpoint endpoint, RaftRequest request) => node.Send(correlationId, to, endpoint, request);

    public void Reply(long token, RaftResponse response, ReadOnlyMemory<byte> bytes)
    {
        TaskCompletionSource<QuorumReply>? peer;
        lock (_lock)
        {
            _peers.Remove(token, out peer);
        }

        peer?.TrySetResult(new QuorumReply(response, bytes));
    }

    public void StartFlush() => node.StartFlush();

    public void Answer(long id, object? response, OperationError? error)
    {
        Caller? caller;
        lock (_lock)
        {
            _callers.Remove(id, out caller);
        }

        if (caller is not null)
        {
            metrics.Answered(Stopwatch.GetElapsedTime(caller.Since), error is null);
            caller.Answer.TrySetResult((response, error));
        }
    }

    public void Published(PublishedChange? change, MetadataImage image)
    {
        published(change, image);
        if (IsActive)
        {
            _fenced.Look(Committed.Brokers, image.Brokers);
        }

        Committed = image;
    }

    public void LeaderChanged(NodeId leader, LeaderEpoch epoch, RaftEndpoint? endpoint)
    {
        lock (_lock)
        {
            _leader = (leader, epoch, endpoint);
        }

        if (leader != NodeId.None)
        {
            QuorumLog.LeaderKnown(logger, leader, endpoint, epoch);
        }
    }

    public void VotersChanged(VoterSet voters) => QuorumLog.Voters(logger, voters);

    public void Transition(RaftEffect.Transition transition)
    {
        if (transition.To == nameof(RaftRole.Candidate))
        {
            metrics.StoodForElection();
        }

        QuorumLog.Moved(logger, transition.From, transition.To, transition.Epoch, transition.Reason);
    }

    public void ShutdownCompleted() => _handedOver.TrySetResult();

    private sealed record Caller(TaskCompletionSource<(object? Response, OperationError? Error)> Answer, long Since);
}
