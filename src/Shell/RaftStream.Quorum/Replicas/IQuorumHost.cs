using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Replicas;

/// <summary>What a <see cref="QuorumReplica"/> cannot do itself: the network, the second thread, and those who wait for answers. Called by the owner, in order.</summary>
public interface IQuorumHost
{
    /// <summary>Send a request; the answer or its failure comes back as an event with the same correlation id.</summary>
    void Send(long correlationId, NodeId node, RaftEndpoint endpoint, RaftRequest request);

    /// <summary>Answer a request of a peer or a tool.</summary>
    /// <param name="bytes">Batches of a fetch answer; empty otherwise. The host's to keep.</param>
    void Reply(long token, RaftResponse response, ReadOnlyMemory<byte> bytes);

    /// <summary>Flush the store beside everything else, then step with <see cref="RaftEvent.LogFlushed"/>. Never two at once.</summary>
    void StartFlush();

    /// <summary>Answer an operation; NOT_CONTROLLER leaves its outcome unknown (P32).</summary>
    void Answer(long id, object? response, OperationError? error);

    /// <summary>The committed image changed; comes before the answers that rest on it.</summary>
    /// <param name="change">Null after a snapshot: only the image counts.</param>
    void Published(PublishedChange? change, MetadataImage image);

    /// <summary>Somebody leads, or nobody is known to.</summary>
    void LeaderChanged(NodeId leader, LeaderEpoch epoch, RaftEndpoint? endpoint);

    /// <summary>Another voter set is in force.</summary>
    void VotersChanged(VoterSet voters);

    /// <summary>A role was left for another; for the log.</summary>
    void Transition(RaftEffect.Transition transition);

    /// <summary>The node has handed over: the process may stop (C-8.7).</summary>
    void ShutdownCompleted();
}
