using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Roles;

/// <summary>The table of section 5: which event leads from which role to which, and what is durable first.</summary>
internal sealed class Transitions(Replica node)
{
    /// <summary>A message or answer names an epoch, and perhaps its leader (7.4, common handling).</summary>
    /// <param name="isFromLeader">The leader itself says so, in a request of its own.</param>
    public void Learn(LeaderEpoch epoch, NodeId leader, RaftEndpoint? endpoint, bool isFromLeader = false)
    {
        if (epoch < node.State.Epoch)
        {
            return;
        }

        endpoint ??= node.Voters.Find(leader)?.Endpoint;
        bool isMe = leader == node.Local.Id;
        if (epoch > node.State.Epoch)
        {
            if (leader == NodeId.None || isMe || endpoint is null)
            {
                ToUnattached(epoch, isMe ? NodeId.None : leader, "saw a later epoch");
            }
            else
            {
                node.Become(new QuorumState(epoch, leader, null), new Follower(node, leader, endpoint.Value), "saw a later leader");
            }
        }
        else if (leader != NodeId.None && !isMe)
        {
            LearnLeader(leader, endpoint, isFromLeader);
        }

        // C-5.2: a message that names this node as leader of its own epoch speaks of an earlier incarnation, or of what is so.
    }

    /// <summary>A vote request of a later epoch, or the end of a resigned one.</summary>
    public void ToUnattached(LeaderEpoch epoch, NodeId leader, string reason)
    {
        bool isNew = epoch > node.State.Epoch;
        QuorumState state = isNew ? new QuorumState(epoch, leader, null) : node.State;

        // C-5.4: what is left of the timer stays, so that later epochs cannot put off an election for ever.
        long deadline = isNew && node.Role.ElectionDeadlineMs is { } left && !node.Broke(RaftSabotage.NoElectionWait)
            ? left
            : node.DrawElectionDeadline();
        node.Become(state, new Unattached(node, deadline), reason);
    }

    /// <summary>A timer ran out, or the only voter wants to lead (C-5.1).</summary>
    public void ToProspective(bool isSuspected, string reason)
    {
        Invariant.Check(node.MayLead);
        if (node.IsOnlyVoter || node.Broke(RaftSabotage.NoPreVote))
        {
            ToCandidate(reason);
        }
        else
        {
            // The leader of the epoch stays known, with its place: a prospective that fails goes back to it.
            node.Become(node.State, new Prospective(node, node.State.LeaderId, node.Role.LeaderEndpoint, isSuspected), reason);
        }
    }

    public void ToCandidate(string reason) => node.Become(
        new QuorumState(new LeaderEpoch(node.State.Epoch.Value + 1), NodeId.None, node.Local), new Candidate(node), reason);

    public void ToLeader(ImmutableArray<NodeId> granting) => node.Become(
        node.State with { LeaderId = node.Local.Id }, new Leader(node, granting), "elected by a majority");

    public void ToResigned(ImmutableArray<ReplicaKey> successors, string reason) =>
        node.Become(node.State, new Resigned(node, successors), reason);

    /// <summary>A pre-vote failed: back to the leader if one is known (section 5).</summary>
    public void Fallback(Prospective from, string reason)
    {
        if (from.LeaderId != NodeId.None && from.LeaderEndpoint is { } endpoint)
        {
            node.Become(node.State, new Follower(node, from.LeaderId, endpoint, from.IsSuspected), reason);
        }
        else
        {
            node.Become(node.State, new Unattached(node, node.DrawElectionDeadline()), reason);
        }
    }

    private void LearnLeader(NodeId leader, RaftEndpoint? endpoint, bool isFromLeader)
    {
        // C-5.3, S-C1: two leaders of one epoch are the end of all promises.
        Invariant.Check(node.State.LeaderId == NodeId.None || node.State.LeaderId == leader);
        if (endpoint is not { } place)
        {
            return;
        }

        switch (node.Role)
        {
            case Follower follower:
                follower.LeaderFound(place, isFromLeader);
                break;
            case Prospective { LeaderId: var known } when known == leader && !isFromLeader:
                break; // others repeat what is known: only the leader itself proves that it lives
            case Leader:
                Invariant.Check(leader == node.Local.Id);
                break;
            default:
                node.Become(node.State with { LeaderId = leader }, new Follower(node, leader, place), "learned of the leader");
                break;
        }
    }
}
