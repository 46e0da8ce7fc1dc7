using System.Collections.Concurrent;
using Grpc.Core;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas.Wire;
using RaftStream.Broker.Threads;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Rpc;
using RaftStream.Storage;

namespace RaftStream.Broker.Replicas;

/// <summary>One follower's stream at the leader: takes its fetches, answers each partition when there is news .</summary>
/// <remarks>
/// Fetches wait inside their partitions. What has news is queued here and read from the file when the transport takes it,
/// so a follower that does not read holds up nobody and costs no memory: with many answers waiting, no more fetches are taken.
/// </remarks>
internal sealed class FollowerSession(PartitionTable table, int maxBytes) : IFetchWaiter
{
    private const int MostReady = 10_000;

    private readonly ConcurrentDictionary<int, Slot> _slots = new();
    private readonly ConcurrentQueue<Ready> _ready = new();
    private readonly FetchedPartitionMessage _message = new();
    private readonly SlicePayload _payload = new();
    private readonly Signal _news = new();
    private readonly Signal _room = new();
    private volatile bool _ended;

    /// <summary>Partitions that are remembered for this follower.</summary>
    internal int SlotCount => _slots.Count;

    /// <summary>Serves until the follower leaves.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<FollowerFetchesMessage> requests, IServerStreamWriter<FetchedPartitionMessage> answers, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenRegistration ended = over.Token.UnsafeRegister(static room => ((Signal)room!).Set(), _room);
        Task answering = AnswerAsync(answers, over);
        try
        {
            while (await requests.MoveNextAsync(over.Token).ConfigureAwait(false))
            {
                FollowerFetchesMessage message = requests.Current;
                foreach (PartitionFetch asked in message.Fetches)
                {
                    Take(asked);
                }

                ReplicaMethods.Return(message);
                while (_ready.Count > MostReady && !over.IsCancellationRequested)
                {
                    await _room.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _ended = true;
            _news.Set();
            Forget();
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await answering.ConfigureAwait(false); // The call fails by what ended it.
    }

    void IFetchWaiter.OnWake(int index, int generation, ErrorCode error)
    {
        _ready.Enqueue(new Ready(index, generation, error));
        _news.Set();
    }

    private void Take(in PartitionFetch asked)
    {
        PartitionCell? cell = table.Find(asked.Partition.TopicId)?.Find(asked.Partition.Partition);
        int generation = (int)asked.Fetch.Correlation;
        if (!asked.Fetch.IsProgressOnly)
        {
            Remember(asked.Slot, cell, asked.Fetch);
        }

        if (cell is not null)
        {
            cell.TakeFollowerFetch(asked.Fetch, new FetchTag(this, asked.Slot, generation));
        }
        else if (!asked.Fetch.IsProgressOnly)
        {
            // The topic may be new, and this broker's metadata older than the follower's.
            ((IFetchWaiter)this).OnWake(asked.Slot, generation, ErrorCode.UnknownTopicId);
        }
    }

    private void Remember(int number, PartitionCell? cell, in FollowerFetch fetch)
    {
        while (true)
        {
            Slot slot = _slots.GetOrAdd(number, static _ => new Slot());
            if (slot.TrySet(cell, fetch))
            {
                return;
            }

            _slots.TryRemove(KeyValuePair.Create(number, slot));
        }
    }

    /// <summary>Before a refusal leaves: the partition may follow another leader, or be gone; a follower that still asks has another slot.</summary>
    private void ForgetSlot(int number, in FollowerFetch answered)
    {
        if (_slots.TryGetValue(number, out Slot? slot) && slot.TryEnd(answered.Correlation))
        {
            _slots.TryRemove(KeyValuePair.Create(number, slot));
        }
    }

    private async Task AnswerAsync(IServerStreamWriter<FetchedPartitionMessage> answers, CancellationTokenSource over)
    {
        try
        {
            while (!_ended)
            {
                while (_ready.TryDequeue(out Ready ready))
                {
                    _room.Set();
                    if (!_slots.TryGetValue(ready.Slot, out Slot? slot))
                    {
                        continue;
                    }

                    (PartitionCell? cell, FollowerFetch fetch) = slot.Get();
                    if ((int)fetch.Correlation == ready.Generation)
                    {
                        await SendAsync(answers, ready, slot, cell, fetch).ConfigureAwait(false);
                    }
                }

                await _news.WaitAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            // Whatever ended it: a follower whose fetches are taken and never answered would wait for ever.
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    private ValueTask SendAsync(
        IServerStreamWriter<FetchedPartitionMessage> answers, Ready ready, Slot slot, PartitionCell? cell, in FollowerFetch fetch)
    {
        _message.Slot = ready.Slot;
        _message.Answer = new FetchAnswer { Correlation = fetch.Correlation, Error = ready.Error };
        _message.Payload = null;
        LogSlice slice = default;
        try
        {
            if (cell is not null && ready.Error is ErrorCode.None or ErrorCode.OffsetOutOfRange)
            {
                _message.Answer = cell.AnswerFollower(fetch, ready.Error, maxBytes, out slice);
                if (!slice.IsEmpty && slot.WasSent(fetch) && slice.FindDamage() is { } damage)
                {
                    cell.FoundDamage(damage); // It had these bytes before and did not take them.
                }

                _payload.Slice = slice;
                _message.Payload = slice.IsEmpty ? null : _payload;
            }

            if (_message.Answer.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
            {
                ForgetSlot(ready.Slot, fetch);
            }

            // The bytes are in the transport's memory when the write returns, even before it completes.
            return answers.WriteValueAsync(_message);
        }
        catch (Exception exception) when ((exception as StorageException ?? exception.InnerException) is StorageException failure)
        {
            // Half of it may be on its way: this stream ends. On the next one that place is answered, and the others go on.
            cell?.Damage.ReadFailed(fetch.Offset, failure);
            throw;
        }
        finally
        {
            _payload.Slice = default;
            slice.Dispose();
        }
    }

    private void Forget()
    {
        foreach ((int number, Slot slot) in _slots)
        {
            (PartitionCell? cell, FollowerFetch fetch) = slot.Get();
            cell?.FollowerGone(fetch.Replica, new FetchTag(this, number, (int)fetch.Correlation));
        }
    }

    private readonly record struct Ready(int Slot, int Generation, ErrorCode Error);

    /// <summary>The last fetch of one partition; written by the reader of the stream, read by the one who answers.</summary>
    private sealed class Slot
    {
        private readonly Lock _gate = new();
        private PartitionCell? _cell;
        private FollowerFetch _fetch;
        private bool _hasEnded;
        private (LeaderEpoch Epoch, Offset Offset)? _sent;

        /// <returns>False when the slot has ended.</returns>
        public bool TrySet(PartitionCell? cell, in FollowerFetch fetch)
        {
            lock (_gate)
            {
                if (!_hasEnded)
                {
                    (_cell, _fetch) = (cell, fetch);
                }

                return !_hasEnded;
            }
        }

        /// <returns>False when a newer fetch is here.</returns>
        public bool TryEnd(long correlation)
        {
            lock (_gate)
            {
                return _hasEnded |= _fetch.Correlation == correlation;
            }
        }

        /// <summary>True when batches were sent from the same offset on just before; notes that they are now. For the one who answers.</summary>
        public bool WasSent(in FollowerFetch fetch)
        {
            bool wasSent = _sent == (fetch.LeaderEpoch, fetch.Offset);
            _sent = (fetch.LeaderEpoch, fetch.Offset);
            return wasSent;
        }

        public (PartitionCell? Cell, FollowerFetch Fetch) Get()
        {
            lock (_gate)
            {
                return (_cell, _fetch);
            }
        }
    }
}
