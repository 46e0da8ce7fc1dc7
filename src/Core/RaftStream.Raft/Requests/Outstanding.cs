using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Requests;

/// <summary>Kinds of requests; a node has at most one of a kind in the air to one peer (C-1.5).</summary>
internal enum RequestKind
{
    Vote,
    BeginQuorumEpoch,
    EndQuorumEpoch,
    Fetch,
    VoterChange,
}

/// <summary>Whom a request goes to; <see cref="NodeId.None"/> is a bootstrap server.</summary>
internal readonly record struct Peer(NodeId Node, RaftEndpoint Endpoint);

/// <summary>A request whose answer is still awaited.</summary>
internal sealed record Outstanding(long CorrelationId, RequestKind Kind, Peer Peer, RaftRequest Request, long DeadlineMs);
