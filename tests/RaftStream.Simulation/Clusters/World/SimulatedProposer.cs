using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Takes the proposals of a broker to the controller, those that wait together in one request, as <see cref="IsrProposer"/> does.</summary>
internal sealed class SimulatedProposer(BrokerProcess process) : IIsrProposer
{
    private readonly Queue<(PartitionCell Cell, IsrChange Change)> _waiting = [];
    private bool _isAsking;

    public void Propose(PartitionCell cell, IsrChange change)
    {
        _waiting.Enqueue((cell, change));
        AskSoon();
    }

    private void AskSoon()
    {
        if (!_isAsking && _waiting.Count > 0)
        {
            _isAsking = true;
            process.In(process.World.Prng.Next(3), Ask);
        }
    }

    private void Ask()
    {
        List<(PartitionCell Cell, IsrChange Change)> batch = [.. _waiting];
        _waiting.Clear();
        IReadOnlyList<IsrProposal> proposals = [.. batch.Select(entry => Proposal(entry.Cell.Id, entry.Change))];
        BrokerEpoch epoch = process.Epoch;
        process.AskController(() => IsrControl.Alter(process.Id, epoch, proposals), 1_000, (response, refused, _) =>
        {
            _isAsking = false;
            var outcomes = response as IReadOnlyList<IsrOutcome>;
            for (int i = 0; i < batch.Count; i++)
            {
                IsrOutcome? outcome = outcomes is not null && i < outcomes.Count ? outcomes[i] : null;
                ErrorCode error = outcome?.Error ?? refused?.Code ?? ErrorCode.RequestTimedOut;
                process.World.Proposed(process, batch[i].Cell, batch[i].Change, error);
                batch[i].Cell.ProposalAnswered(batch[i].Change, error, outcome?.State);
            }

            AskSoon();
        });
    }

    private static IsrProposal Proposal(TopicPartition partition, IsrChange change) => new(
        partition,
        change.LeaderEpoch,
        change.PartitionEpoch,
        [.. change.NewIsr.Select(member => new IsrMember(member.Id, member.Epoch))],
        change.IsRecovering ? RecoveryState.Recovering : RecoveryState.Recovered);
}
