using System.Collections.Concurrent;
using Grpc.Core;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Threads;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Replicas;

/// <summary>Takes the proposals of all partitions to the controller, those that wait together in one request.</summary>
/// <param name="ask">Asks the controller once.</param>
internal sealed class IsrProposer(
    NodeId broker, BrokerIdentity identity, Func<ControllerRequest, CancellationToken, Task<ControllerAnswer>> ask) : IIsrProposer
{
    /// <summary>Proposals in one request: a broker's return changes thousands of partitions at once.</summary>
    private const int MostAtOnce = 1_000;

    private readonly ConcurrentQueue<(PartitionCell Cell, IsrChange Change)> _waiting = new();
    private readonly Signal _news = new();

    /// <inheritdoc/>
    public void Propose(PartitionCell cell, IsrChange change)
    {
        _waiting.Enqueue((cell, change));
        _news.Set();
    }

    /// <summary>Runs until the node stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration stop = stopping.UnsafeRegister(static news => ((Signal)news!).Set(), _news);
        var batch = new List<(PartitionCell Cell, IsrChange Change)>();
        while (!stopping.IsCancellationRequested)
        {
            await _news.WaitAsync().ConfigureAwait(false);
            while (!stopping.IsCancellationRequested && Take(batch))
            {
                await AskAsync(batch, stopping).ConfigureAwait(false);
            }
        }
    }

    /// <summary>An outcome of another partition, or a state that is another's, is none: the partition asks again .</summary>
    internal static IsrOutcome? OutcomeOf(TopicPartition partition, IReadOnlyList<IsrOutcome>? outcomes, int place) =>
        outcomes is not null && place < outcomes.Count && outcomes[place] is { } outcome && outcome.Partition == partition
        && (outcome.State is not { } state || state.Partition == partition.Partition)
            ? outcome
            : null;

    private bool Take(List<(PartitionCell Cell, IsrChange Change)> batch)
    {
        batch.Clear();
        while (batch.Count < MostAtOnce && _waiting.TryDequeue(out (PartitionCell Cell, IsrChange Change) next))
        {
            batch.Add(next);
        }

        return batch.Count > 0;
    }

    private async Task AskAsync(List<(PartitionCell Cell, IsrChange Change)> batch, CancellationToken stopping)
    {
        var request = new ControllerRequest.AlterPartitions(
            broker, identity.Epoch, [.. batch.Select(entry => Proposal(entry.Cell.Id, entry.Change))]);
        ControllerAnswer answer;
        try
        {
            answer = await ask(request, stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // Nobody knows what became of it: the partitions ask again, unless the node stops.
            answer = ControllerAnswer.Refused(ErrorCode.RequestTimedOut, exception.Message);
        }

        var outcomes = answer.Response as IReadOnlyList<IsrOutcome>;
        for (int i = 0; i < batch.Count; i++)
        {
            IsrOutcome? outcome = OutcomeOf(batch[i].Cell.Id, outcomes, i);
            ErrorCode error = outcome?.Error ?? answer.Error?.Code ?? ErrorCode.RequestTimedOut;
            batch[i].Cell.ProposalAnswered(batch[i].Change, error, outcome?.State);
        }
    }

    private static IsrProposal Proposal(TopicPartition partition, IsrChange change) => new(
        partition,
        change.LeaderEpoch,
        change.PartitionEpoch,
        [.. change.NewIsr.Select(member => new IsrMember(member.Id, member.Epoch))],
        change.IsRecovering ? RecoveryState.Recovering : RecoveryState.Recovered);
}
