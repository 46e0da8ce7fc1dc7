using System.Buffers;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>A follower's way to one leader: does what <see cref="ReplicaFetcher"/> does, on the simulated network.</summary>
internal sealed class SimulatedLink(BrokerProcess process, NodeId leader) : IReplicaLink
{
    private const long ShortestPauseMs = 50;
    private const long LongestPauseMs = 1_000;

    private readonly Dictionary<PartitionCell, int> _slotOf = [];
    private readonly SortedDictionary<int, PartitionCell> _cells = [];
    private ReplicaStream? _stream;
    private bool _isOpening;
    private int _lastSlot;
    private long _pauseMs = ShortestPauseMs;

    public NodeId Leader => leader;

    public void Attach(PartitionCell cell)
    {
        int slot = ++_lastSlot;
        _cells[slot] = cell;
        _slotOf[cell] = slot;
        if (_stream is null)
        {
            OpenIn(0);
        }
    }

    public void Detach(PartitionCell cell)
    {
        if (_slotOf.Remove(cell, out int slot))
        {
            _cells.Remove(slot);
        }
    }

    public bool Send(PartitionCell cell, in FollowerFetch fetch)
    {
        if (_stream is not { } stream || !_slotOf.TryGetValue(cell, out int slot))
        {
            return false;
        }

        FollowerFetch sent = fetch;
        TopicPartition partition = cell.Id;
        stream.ToLeader(() => process.World.SessionOf(stream)?.Take(slot, partition, sent));
        return true;
    }

    /// <summary>The process dies, or stops.</summary>
    public void Close(bool isSilent) => _stream?.Close(byLeader: false, isSilent);

    /// <summary>An answer comes out of the stream.</summary>
    public void Take(ReplicaStream stream, int slot, FetchAnswer answer, byte[] batches)
    {
        if (!ReferenceEquals(stream, _stream))
        {
            return; // the call was given up
        }

        _pauseMs = ShortestPauseMs;
        if (_cells.TryGetValue(slot, out PartitionCell? cell))
        {
            ValueTask taken = cell.TakeAnswerAsync(answer, new ReadOnlySequence<byte>(batches), process.Ticket);
            Invariant.Check(taken.IsCompletedSuccessfully);
        }
    }

    private void OpenIn(long ms)
    {
        if (!_isOpening)
        {
            _isOpening = true;
            process.In(ms, Open);
        }
    }

    private void Open()
    {
        _isOpening = false;
        if (_cells.Count == 0 || _stream is not null)
        {
            return;
        }

        ReplicaStream stream = process.World.NewStream(process, this, leader);
        stream.BrokenAtFollower = () => process.Do(() => Broken(stream));
        _stream = stream;
        Tell(isConnected: true);
    }

    private void Broken(ReplicaStream stream)
    {
        if (ReferenceEquals(stream, _stream))
        {
            _stream = null;
            Tell(isConnected: false);
            OpenIn(_pauseMs);
            _pauseMs = Math.Min(_pauseMs * 2, LongestPauseMs);
        }
    }

    private void Tell(bool isConnected)
    {
        foreach (PartitionCell cell in _cells.Values.ToList())
        {
            cell.LinkChanged(this, isConnected);
        }
    }
}
