using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Following;

/// <summary>A snapshot on its way here, chunk by chunk in order (C-10.4).</summary>
internal sealed class SnapshotFetch(Replica node)
{
    private SnapshotId? _id;
    private SnapshotId? _finishing;
    private long _position;

    /// <summary>All chunks are there, and the disk verifies them.</summary>
    public bool IsFinishing => _finishing is not null;

    /// <summary>The leader's log does not reach back to where this one ends.</summary>
    public void Begin(SnapshotId id)
    {
        if (id == SnapshotId.Bootstrap || id.EndOffset < node.Published)
        {
            return; // never asked of a sound leader
        }

        _id = id;
        _position = 0;
    }

    /// <summary>The next chunk to ask for; null when no snapshot is being fetched.</summary>
    public RaftRequest.FetchSnapshot? NextRequest() => _id is not { } id ? null : new RaftRequest.FetchSnapshot
    {
        ClusterId = node.Start.ClusterId,
        Epoch = node.State.Epoch,
        Replica = node.Local,
        Snapshot = id,
        Position = _position,
        MaxBytes = node.Options.SnapshotChunkBytes,
    };

    /// <summary>A chunk; a wrong one is dropped and asked for again.</summary>
    public void Take(RaftRequest.FetchSnapshot asked, RaftResponse.FetchSnapshot chunk)
    {
        bool isNext = _id == asked.Snapshot && chunk.Snapshot == asked.Snapshot && chunk.Position == _position
            && chunk.Bytes.Length > 0 && chunk.Bytes.Length <= chunk.Size - _position;
        if (!isNext)
        {
            return;
        }

        node.Effects.Add(new RaftEffect.StoreSnapshotChunk(asked.Snapshot, _position, chunk.Bytes));
        _position += chunk.Bytes.Length;
        if (_position == chunk.Size)
        {
            _finishing = _id;
            _id = null;
            node.Effects.Add(new RaftEffect.FinishSnapshot(asked.Snapshot));
        }
    }

    /// <summary>The leader or the epoch changed.</summary>
    public void Abandon()
    {
        if (_id is { } id)
        {
            _id = null;
            node.Effects.Add(new RaftEffect.AbandonSnapshot(id));
        }
    }

    /// <summary>In place and durable: takes the place of a log that does not reach so far.</summary>
    public void Finished(SnapshotId id, VoterSet voters)
    {
        _finishing = null;
        if (id.EndOffset > node.Log.End || id.Epoch > node.Log.LastEpoch)
        {
            Invariant.Check(node.Role.Kind != RaftRole.Leader && id.EndOffset >= node.Published);
            node.ResetLog(id, voters);
        }
        else
        {
            node.Log.AddSnapshot(id);
        }
    }

    /// <summary>Damaged, and dropped already.</summary>
    public void Rejected(SnapshotId id)
    {
        if (_finishing == id)
        {
            _finishing = null;
        }
    }
}
