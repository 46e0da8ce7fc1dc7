using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>What a node is for a time (section 5). A role is entered once and left once; a later one of the same kind is another object.</summary>
internal abstract class Role(Replica node)
{
    /// <summary>Which one.</summary>
    public abstract RaftRole Kind { get; }

    /// <summary>Whom this node believes to lead; none unless it says so.</summary>
    public virtual NodeId LeaderId => NodeId.None;

    /// <summary>Where that leader is; null when unknown.</summary>
    public virtual RaftEndpoint? LeaderEndpoint => null;

    /// <summary>When <see cref="Poll"/> has something to do at the latest.</summary>
    public abstract long DeadlineMs { get; }

    /// <summary>What is left of the timer that ends in an election (C-5.4); null for a role without one.</summary>
    public virtual long? ElectionDeadlineMs => null;

    protected Replica Node { get; } = node;

    /// <summary>The state is durable and this is the role now.</summary>
    public virtual void Entered()
    {
    }

    /// <summary>Another role has taken over; its epoch is durable.</summary>
    public virtual void Left()
    {
    }

    /// <summary>Looks at timers, and sends what is due. Called after every event; may end the role.</summary>
    public abstract void Poll();

    /// <summary>Would a pre-vote be granted (table in 7.1).</summary>
    public abstract bool GrantsPreVote(bool isUpToDate);

    /// <summary>May a vote be granted (table in 7.1).</summary>
    public virtual bool GrantsVote(ReplicaKey candidate, bool isUpToDate) => false;

    /// <summary>A vote was granted and is durable: the timer is drawn anew (C-5.4).</summary>
    public virtual void Voted()
    {
    }

    /// <summary>A pre-vote was granted to somebody who goes first (C-5.6).</summary>
    public virtual void Yield()
    {
    }

    /// <summary>An answer of this epoch to a request of this role.</summary>
    public virtual void OnResponse(Outstanding request, RaftResponse response)
    {
    }

    /// <summary>The connection to a node was lost; only a hint (C-6.1).</summary>
    public virtual void OnConnectionLost(NodeId node)
    {
    }

    /// <summary>Leaders only; everybody else is not the leader.</summary>
    public virtual bool OnLeaderRequest(long token, RaftRequest request) => false;
}
