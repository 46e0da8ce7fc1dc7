using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas.Wire;
using RaftStream.Broker.Threads;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Rpc;

namespace RaftStream.Broker.Replicas;

/// <summary>Follows partitions of one leader over one stream: sends their fetches, hands them their answers .</summary>
/// <remarks>
/// A partition has one fetch under way; all partitions together have as many as there are partitions, so the stream is full
/// while any of them has news. A lost stream is opened again, with pauses of 50 ms to 1 s.
/// </remarks>
internal sealed class ReplicaFetcher : IReplicaLink
{
    private const int MostFetchesInMessage = 200;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly ReplicaChannels _channels;
    private readonly NodeId _leader;
    private readonly NodeId _self;
    private readonly BrokerIdentity _identity;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<PartitionCell, int> _slotOf = new();
    private readonly ConcurrentDictionary<int, PartitionCell> _cells = new();
    private readonly ConcurrentQueue<PartitionFetch> _outbox = new();
    private readonly FollowerFetchesMessage _message = new();
    private readonly AppendTicket _ticket = new();
    private readonly Signal _news = new();
    private int _lastSlot;
    private volatile bool _isConnected;
    private int _isTaking;
    private int _isWriting;
    private volatile bool _hasFailedBefore;

    public ReplicaFetcher(ReplicaChannels channels, NodeId leader, NodeId self, BrokerIdentity identity, ILogger logger) =>
        (_channels, _leader, _self, _identity, _logger) = (channels, leader, self, identity, logger);

    /// <inheritdoc/>
    public void Attach(PartitionCell cell)
    {
        int slot = Interlocked.Increment(ref _lastSlot);
        _cells[slot] = cell;
        _slotOf[cell] = slot;
        _news.Set();
    }

    /// <inheritdoc/>
    public void Detach(PartitionCell cell)
    {
        if (_slotOf.TryRemove(cell, out int slot))
        {
            _cells.TryRemove(slot, out _);
        }
    }

    /// <inheritdoc/>
    public bool Send(PartitionCell cell, in FollowerFetch fetch)
    {
        if (!_isConnected || !_slotOf.TryGetValue(cell, out int slot))
        {
            return false;
        }

        _outbox.Enqueue(new PartitionFetch(slot, cell.Id, fetch));
        if (Volatile.Read(ref _isTaking) == 0)
        {
            _news.Set();
        }

        return true;
    }

    /// <summary>Follows until the node stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration stop = stopping.UnsafeRegister(static news => ((Signal)news!).Set(), _news);
        TimeSpan pause = ShortestPause;
        while (!stopping.IsCancellationRequested)
        {
            if (_cells.IsEmpty)
            {
                await _news.WaitAsync().ConfigureAwait(false);
                continue;
            }

            if (await FollowAsync(stopping).ConfigureAwait(false))
            {
                pause = ShortestPause;
            }

            await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>One stream, from its first fetch to its end.</summary>
    /// <returns>True when an answer came.</returns>
    private async Task<bool> FollowAsync(CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        bool hasAnswered = false;
        Task sending = Task.CompletedTask;
        try
        {
            if (_channels.Find(_leader) is not { } calls)
            {
                return false;
            }

            using AsyncDuplexStreamingCall<FollowerFetchesMessage, FetchedPartitionMessage> call =
                calls.AsyncDuplexStreamingCall(ReplicaMethods.Follow, null, new CallOptions(cancellationToken: over.Token));
            _outbox.Clear();
            _isConnected = true;
            Tell(isConnected: true);
            sending = SendAsync(call.RequestStream, over);
            while (await call.ResponseStream.MoveNextAsync(over.Token).ConfigureAwait(false))
            {
                hasAnswered = true;
                _hasFailedBefore = false;
                FetchedPartitionMessage message = call.ResponseStream.Current;
                if (_cells.TryGetValue(message.Slot, out PartitionCell? cell))
                {
                    // The batches are the transport's until the next message: wait until the partition has them.
                    Volatile.Write(ref _isTaking, 1);
                    await cell.TakeAnswerAsync(message.Answer, message.Batches, _ticket).ConfigureAwait(false);
                    Interlocked.Exchange(ref _isTaking, 0); // A full fence: who saw 1 has enqueued before the look below.
                }

                // The next fetch leaves from here: another thread would have to be woken for it.
                await WriteAsync(call.RequestStream).ConfigureAwait(false);
                ReplicaMethods.Return(message);
            }
        }
        catch (RpcException exception)
        {
            Say(exception.Status.Detail, stopping);
        }
        catch (OperationCanceledException)
        {
            // The node stops, or sending has failed and said why.
        }
#pragma warning disable CA1031 // An address that is none, bytes that are no message: whatever a peer does, it loses its stream and this node goes on.
        catch (Exception exception)
        {
            Say(exception.Message, stopping);
        }
#pragma warning restore CA1031
        finally
        {
            _isConnected = false;
            Volatile.Write(ref _isTaking, 0);
            await over.CancelAsync().ConfigureAwait(false);
            _news.Set();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Tell(isConnected: false);
        }

        return hasAnswered;
    }

    private async Task SendAsync(IClientStreamWriter<FollowerFetchesMessage> requests, CancellationTokenSource over)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                await WriteAsync(requests).ConfigureAwait(false);
                await _news.WaitAsync().ConfigureAwait(false);
            }
        }
        catch (RpcException exception)
        {
            Say(exception.Status.Detail, over.Token);
        }
        finally
        {
            // Whatever ended it: a stream that only listens would wait for answers to fetches that it never sends.
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends what waits, unless somebody is at it: then that one sends it.</summary>
    private async ValueTask WriteAsync(IClientStreamWriter<FollowerFetchesMessage> requests)
    {
        while (!_outbox.IsEmpty && Interlocked.CompareExchange(ref _isWriting, 1, 0) == 0)
        {
            try
            {
                while (Fill())
                {
                    await requests.WriteValueAsync(_message).ConfigureAwait(false);
                }
            }
            finally
            {
                Interlocked.Exchange(ref _isWriting, 0); // A full fence: who saw 1 has enqueued before the next look.
            }
        }
    }

    private bool Fill()
    {
        (_message.Replica, _message.BrokerEpoch) = (_self, _identity.Epoch);
        _message.Fetches.Clear();
        while (_message.Fetches.Count < MostFetchesInMessage && _outbox.TryDequeue(out PartitionFetch fetch))
        {
            _message.Fetches.Add(fetch);
        }

        return _message.Fetches.Count > 0;
    }

    private void Tell(bool isConnected)
    {
        foreach (PartitionCell cell in _cells.Values)
        {
            cell.LinkChanged(this, isConnected);
        }
    }

    private void Say(string reason, CancellationToken stopping)
    {
        if (!_hasFailedBefore && !stopping.IsCancellationRequested)
        {
            _hasFailedBefore = true;
            BrokerLog.LeaderLost(_logger, _leader.Value, reason);
        }
    }
}
