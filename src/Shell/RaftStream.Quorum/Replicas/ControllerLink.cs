using System.Collections.Immutable;
using System.Diagnostics;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;

namespace RaftStream.Quorum.Replicas;

/// <summary>Joins the controller with the log: feeds it what is committed (C-9.1), and passes on what it wants appended, read or answered.</summary>
/// <param name="toNode">Takes events for the node; they are stepped later.</param>
internal sealed class ControllerLink(Controller controller, QuorumStore store, IQuorumHost host, Action<RaftEvent> toNode)
{
    private const int ReadBytes = 1 << 20;

    private Offset _committed;

    public Controller Controller => controller;

    /// <summary>Everything below is committed: replayed on a standby, answered by an active controller.</summary>
    public void Deliver(Offset highWatermark, long nowMs, long wallMs)
    {
        _committed = highWatermark;
        if (controller.ActiveEpoch is not null)
        {
            Step(new ControllerEvent.Committed(highWatermark.Value), nowMs, wallMs);
        }

        CatchUp(nowMs, wallMs);
        toNode(new RaftEvent.Applied(highWatermark));
    }

    /// <summary>Starts over from a snapshot.</summary>
    public void Load(SnapshotId id, long nowMs, long wallMs)
    {
        _committed = id.EndOffset;
        IEnumerable<MetadataRecord> records = store.LoadSnapshot(id).Select(Parsed);
        Step(new ControllerEvent.SnapshotLoaded(id.EndOffset.Value, records), nowMs, wallMs);
        toNode(new RaftEvent.Applied(id.EndOffset));
    }

    /// <summary>The reign is over; what was committed since its last answer is replayed.</summary>
    public void Lost(long nowMs, long wallMs)
    {
        Step(new ControllerEvent.LeadershipLost(), nowMs, wallMs);
        CatchUp(nowMs, wallMs);
    }

    public void Step(ControllerEvent happened, long nowMs, long wallMs)
    {
        var effects = new List<ControllerEffect>();
        controller.Step(happened, nowMs, effects);
        foreach (ControllerEffect effect in effects)
        {
            switch (effect)
            {
                case ControllerEffect.Append(long id, LeaderEpoch epoch, ImmutableArray<MetadataRecord> records):
                    List<ReadOnlyMemory<byte>> values = [.. records.Select(record => (ReadOnlyMemory<byte>)record.ToByteArray())];
                    toNode(new RaftEvent.AppendRequested(id, epoch, values.Count, QuorumStore.Encode(values, wallMs)));
                    break;
                case ControllerEffect.RequestBarrier(long id):
                    toNode(new RaftEvent.BarrierRequested(id));
                    break;
                case ControllerEffect.Resign(LeaderEpoch epoch):
                    toNode(new RaftEvent.ResignRequested(epoch));
                    break;
                case ControllerEffect.Answer(long id, var response, var error):
                    host.Answer(id, response, error);
                    break;
                case ControllerEffect.Published(var change):
                    host.Published(change, controller.Committed);
                    break;
                default:
                    throw new UnreachableException(effect.GetType().Name);
            }
        }
    }

    /// <summary>Replays committed batches from where the controller stands; nothing while it is active, when it has made them itself.</summary>
    private void CatchUp(long nowMs, long wallMs)
    {
        while (controller.ActiveEpoch is null && controller.ReplayFrom < _committed.Value)
        {
            var from = new Offset(controller.ReplayFrom);
            ImmutableArray<LogBatch> batches = QuorumStore.Parse(store.Read(from, _committed, ReadBytes));
            if (batches.IsEmpty)
            {
                throw new RaftStream.Storage.StorageException(
                    RaftStream.Storage.StorageErrorKind.Corrupt, $"The metadata log cannot be read at offset {from}, which is committed.");
            }

            foreach (LogBatch batch in batches)
            {
                Invariant.Check(batch.EndOffset <= _committed);
                Step(
                    batch.Control.IsEmpty
                        ? new ControllerEvent.Replayed(batch.BaseOffset.Value, [.. QuorumStore.Values(batch).Select(Parsed)])
                        : new ControllerEvent.ControlReplayed(batch.BaseOffset.Value, batch.EndOffset.Value),
                    nowMs,
                    wallMs);
            }
        }
    }

    private static MetadataRecord Parsed(ReadOnlyMemory<byte> value) => MetadataRecord.Parser.ParseFrom(value.Span);
}
