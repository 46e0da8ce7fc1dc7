using Google.Protobuf;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;

namespace RaftStream.Quorum.Replicas;

/// <summary>Snapshots of the committed image, the end of old ones, and notes of the durable end (C-10.1 to C-10.3, C-13.6).</summary>
internal sealed class ReplicaUpkeep(UpkeepOptions options, RaftNode node, QuorumStore store, Controller controller, long nowMs)
{
    private long _sizeAtSnapshot; // 0 after a start: how much came after the newest snapshot is not known, and one too many does no harm
    private long _nextSnapshotMs = nowMs + options.SnapshotIntervalMs;
    private long _nextCheckpointMs = nowMs + options.CheckpointMs;

    public long NextDeadlineMs => Math.Min(_nextSnapshotMs, _nextCheckpointMs);

    /// <summary>Does what is due; what the node must know of it is put to its events.</summary>
    public void Run(long now, long wallMs, Action<RaftEvent> toNode)
    {
        _sizeAtSnapshot = Math.Min(_sizeAtSnapshot, store.LogSizeInBytes); // a reset makes the log smaller
        if (store.LogSizeInBytes - _sizeAtSnapshot >= options.SnapshotBytes || now >= _nextSnapshotMs)
        {
            WriteSnapshot(now, wallMs, toNode);
        }

        if (now >= _nextCheckpointMs)
        {
            _nextCheckpointMs = now + options.CheckpointMs;
            store.Checkpoint();
        }
    }

    /// <summary>The image ends at a batch border outside of transactions, and is committed: that is what the snapshot is of (C-10.1, P18).</summary>
    private void WriteSnapshot(long now, long wallMs, Action<RaftEvent> toNode)
    {
        MetadataImage image = controller.Committed;
        var end = new Offset(image.EndOffset);
        Offset last = store.Snapshots is [.., SnapshotId newest] ? newest.EndOffset : Offset.Zero;
        if (end <= last || end <= node.View.LogStart)
        {
            _nextSnapshotMs = now >= _nextSnapshotMs ? now + options.SnapshotIntervalMs : _nextSnapshotMs;
            return;
        }

        var id = new SnapshotId(end, node.EpochAt(new Offset(end.Value - 1)));
        IEnumerable<ReadOnlyMemory<byte>> records = ImageSnapshot.Write(image).Select(record => (ReadOnlyMemory<byte>)record.ToByteArray());
        store.CreateSnapshot(id, node.VotersAt(end), records, wallMs);
        toNode(new RaftEvent.SnapshotCreated(id));
        SnapshotId? oldest = null;
        while (store.LogSizeInBytes > options.RetainBytes && store.DeleteOld() is { } kept)
        {
            oldest = kept;
        }

        if (oldest is { } start)
        {
            toNode(new RaftEvent.LogStartAdvanced(start));
        }

        _sizeAtSnapshot = store.LogSizeInBytes;
        _nextSnapshotMs = now + options.SnapshotIntervalMs;
    }
}
