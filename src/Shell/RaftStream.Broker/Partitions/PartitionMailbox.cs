using System.Buffers;
using System.Collections.Immutable;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Partitions;

/// <summary>What a partition is told: each an event of its cell, carried out here and now when the cell is idle. Any thread.</summary>
internal abstract class PartitionMailbox : SerialCell<PartitionEvent>
{
    /// <summary>Appends a validated batch; its sink hears of the outcome .</summary>
    /// <returns>Completes when the batch's memory is free again.</returns>
    public ValueTask AppendAsync(in AppendRequest request)
    {
        AppendTicket ticket = request.Ticket;
        ticket.Begin();
        Post(new PartitionEvent { Kind = PartitionEventKind.Append, Append = request });
        return ticket.Task;
    }

    /// <summary>Wakes the waiter when at least <paramref name="missingBytes"/> more are committed than it saw.</summary>
    public void Park(FetchTag fetch, Offset offset, Offset seen, long missingBytes, long deadlineMs) => Post(new PartitionEvent
    {
        Kind = PartitionEventKind.Park,
        Fetch = fetch,
        Offset = offset,
        Seen = seen,
        MissingBytes = missingBytes,
        DeadlineMs = deadlineMs,
    });

    /// <summary>Forgets a parked fetch; it may be woken all the same when it is just happening.</summary>
    public void Cancel(FetchTag fetch) => Post(new PartitionEvent { Kind = PartitionEventKind.Cancel, Fetch = fetch });

    /// <summary>Acts on new metadata; older metadata changes nothing .</summary>
    /// <param name="brokers">The brokers of the replicas.</param>
    /// <param name="link">The way to the leader; null when this node leads, or nobody.</param>
    public void Assign(PartitionState state, ImmutableArray<ReplicaStatus> brokers, IReplicaLink? link) =>
        Post(new PartitionEvent { Kind = PartitionEventKind.Assign, State = state, Brokers = brokers, Link = link });

    /// <summary>Brokers of the replicas were fenced, came back or registered anew.</summary>
    public void BrokersChanged(ImmutableArray<ReplicaStatus> brokers) =>
        Post(new PartitionEvent { Kind = PartitionEventKind.BrokersChanged, Brokers = brokers });

    /// <summary>A follower asks; its tag is woken when there is an answer .</summary>
    public void TakeFollowerFetch(in FollowerFetch fetch, FetchTag tag) =>
        Post(new PartitionEvent { Kind = PartitionEventKind.FollowerFetch, Follower = fetch, Fetch = tag });

    /// <summary>A follower's connection is gone, and with it the fetch that waits.</summary>
    public void FollowerGone(NodeId follower, FetchTag tag) => Post(new PartitionEvent
    {
        Kind = PartitionEventKind.FollowerGone,
        Follower = new FollowerFetch
        {
            Correlation = 0,
            Replica = follower,
            BrokerEpoch = BrokerEpoch.None,
            LeaderEpoch = LeaderEpoch.Unknown,
            Offset = default,
            LastFetchedEpoch = LeaderEpoch.Unknown,
            FlushedEnd = default,
            LogStart = default,
        },
        Fetch = tag,
    });

    /// <summary>The leader has answered this follower.</summary>
    /// <returns>Completes when the batches' memory is free again.</returns>
    public ValueTask TakeAnswerAsync(in FetchAnswer answer, in ReadOnlySequence<byte> batches, AppendTicket ticket)
    {
        ticket.Begin();
        Post(new PartitionEvent { Kind = PartitionEventKind.Answered, Answer = answer, Batches = batches, Ticket = ticket });
        return ticket.Task;
    }

    /// <summary>The connection to the leader has come or gone.</summary>
    public void LinkChanged(IReplicaLink link, bool isConnected) =>
        Post(new PartitionEvent { Kind = PartitionEventKind.LinkChanged, Link = link, IsConnected = isConnected });

    /// <summary>The controller has answered a proposal, or could not be asked .</summary>
    public void ProposalAnswered(IsrChange change, ErrorCode error, PartitionState? state) =>
        Post(new PartitionEvent { Kind = PartitionEventKind.ProposalAnswered, Change = change, Error = error, State = state });

    /// <summary>Ends the reign; what waits is told <paramref name="error"/>.</summary>
    public void Resign(ErrorCode error) => Post(new PartitionEvent { Kind = PartitionEventKind.Resign, Error = error });

    /// <summary>Retention or a client has moved the log start.</summary>
    public void LogChanged() => Post(new PartitionEvent { Kind = PartitionEventKind.LogChanged });

    /// <summary>Durable records are gone or changed .</summary>
    public void FoundDamage(string reason) => Post(new PartitionEvent { Kind = PartitionEventKind.Damaged, Reason = reason });

    /// <summary>Closes the active segment when its age asks for it, so that an idle log can expire .</summary>
    public void RollIfDue() => Post(new PartitionEvent { Kind = PartitionEventKind.RollIfDue });

    /// <summary>Forgets idempotent producers that were silent for too long (G-3.9); each replica by itself.</summary>
    public void ExpireProducers(long nowMs) => Post(new PartitionEvent { Kind = PartitionEventKind.ExpireProducers, DeadlineMs = nowMs });

    /// <summary>The idempotent producers that are known here, if this broker leads.</summary>
    public Task<DescribedProducers> DescribeProducersAsync()
    {
        var asking = new TaskCompletionSource<DescribedProducers>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new PartitionEvent { Kind = PartitionEventKind.DescribeProducers, Asking = asking });
        return asking.Task;
    }
}
