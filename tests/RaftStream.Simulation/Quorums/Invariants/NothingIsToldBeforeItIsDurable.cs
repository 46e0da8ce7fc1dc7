using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C14: no message reveals an epoch, a leadership or a durable end that the disk does not have.</summary>
public sealed class NothingIsToldBeforeItIsDurable : QuorumInvariant
{
    public override void Sent(SimulatedNode node, RaftRequest request)
    {
        QuorumStore store = node.Store!;
        LeaderEpoch epoch = request switch
        {
            RaftRequest.Vote vote => vote.Epoch,
            RaftRequest.BeginQuorumEpoch begin => begin.Epoch,
            RaftRequest.EndQuorumEpoch end => end.Epoch,
            RaftRequest.Fetch fetch => fetch.Epoch,
            RaftRequest.FetchSnapshot fetch => fetch.Epoch,
            _ => store.State.Epoch,
        };
        Require(epoch <= store.State.Epoch, "S-C14", () => $"{node.Id} tells of epoch {epoch} and has {store.State.Epoch} on its disk");
        if (request is RaftRequest.Fetch { DurableEnd: var durable })
        {
            Require(durable <= store.DurableEnd, "S-C14", () => $"{node.Id} says that {durable} is durable; it is {store.DurableEnd}");
        }

        if (request is RaftRequest.BeginQuorumEpoch)
        {
            Require(store.State.LeaderId.Value == node.Id, "S-C14", () => $"{node.Id} says that it leads, and its disk does not");
        }
    }

    public override void Answered(SimulatedNode node, RaftResponse response) => Require(
        response.LeaderEpoch <= node.Store!.State.Epoch,
        "S-C14",
        () => $"{node.Id} answers with epoch {response.LeaderEpoch} and has {node.Store.State.Epoch} on its disk");
}
