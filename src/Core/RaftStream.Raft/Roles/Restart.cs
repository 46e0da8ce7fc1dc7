using RaftStream.Model;

namespace RaftStream.Raft.Roles;

/// <summary>The role that a restarted node begins with (C-13.4): never that of a leader or candidate (P4, P5).</summary>
internal static class Restart
{
    public static void TakeFirstRole(Replica node)
    {
        if (node.Log.LastEpoch > node.State.Epoch)
        {
            // C-3.1: a voter whose log is newer than its state has lost a vote (P29); only a pure observer goes on.
            Invariant.Check(!node.Start.CanBecomeVoter && !node.IsVoter);
            node.Persist(new QuorumState(node.Log.LastEpoch, NodeId.None, null));
        }

        QuorumState state = node.State;
        if (state.LeaderId == node.Local.Id)
        {
            if (node.Broke(RaftSabotage.ResumeAsLeader))
            {
                node.Become(state, new Leader(node, [node.Local.Id]), "resumed");
            }
            else
            {
                node.Become(state, new Resigned(node, [], isRestart: true), "led this epoch before the restart");
            }
        }
        else if (state.VotedKey == node.Local && node.Broke(RaftSabotage.ResumeAsCandidate))
        {
            node.Become(state, new Candidate(node), "resumed");
        }
        else if (state.LeaderId != NodeId.None && node.Voters.Find(state.LeaderId) is { } leader)
        {
            node.Become(state, new Follower(node, leader.Key.Id, leader.Endpoint), "knew the leader before the restart");
        }
        else
        {
            node.Become(state, new Unattached(node, node.DrawElectionDeadline()), "started");
        }
    }
}
