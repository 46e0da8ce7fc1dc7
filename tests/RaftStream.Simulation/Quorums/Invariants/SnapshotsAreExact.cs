using Google.Protobuf;
using RaftStream.Metadata.Images;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C7: a snapshot is the state of exactly the committed records below its end (P18), wherever it was written.</summary>
public sealed class SnapshotsAreExact(QuorumHistory history) : QuorumInvariant
{
    private readonly Dictionary<SnapshotId, ulong> _states = [];
    private readonly Dictionary<int, SnapshotId> _newest = [];

    public override void AfterEvent(SimulatedNode node)
    {
        if (node.Store!.Snapshots is [.., SnapshotId id] && id != SnapshotId.Bootstrap && _newest.GetValueOrDefault(node.Id) != id)
        {
            _newest[node.Id] = id;
            Check(node, node.Store, id);
        }
    }

    private void Check(SimulatedNode node, QuorumStore store, SnapshotId id)
    {
        var hash = new ContentHash();
        foreach (ReadOnlyMemory<byte> record in store.LoadSnapshot(id))
        {
            hash.Append(record.Span);
        }

        ulong state = hash.Value;
        _states.TryAdd(id, state);
        Require(_states[id] == state, "S-C7", () => $"snapshot {id} of {node.Id} differs from another one");
        if (history.ImageAt(id.EndOffset.Value) is { } image)
        {
            var truth = new ContentHash();
            foreach (var record in ImageSnapshot.Write(image))
            {
                truth.Append(record.ToByteArray());
            }

            Require(truth.Value == state, "S-C7", () => $"snapshot {id} of {node.Id} is not what the log gives");
        }
    }
}
