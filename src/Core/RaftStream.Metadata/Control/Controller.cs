using System.Diagnostics;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>
/// The controller on top of the metadata log (C-14): a standby that replays, and while it leads also decides. One event
/// in, effects out; no clock, no tasks.
/// </summary>
/// <remarks>One owner; not thread-safe. The shell joins it with the quorum's node; neither knows the other.</remarks>
public sealed class Controller(ControllerOptions options)
{
    /// <summary>The answer of a node that does not lead (any more): the outcome is unknown.</summary>
    internal static readonly OperationError NotController =
        new(ErrorCode.NotController, "This node is not the controller; ask the one that leads. What was asked may have been done.");

    private MetadataReplay _replay = new(MetadataImage.Empty);
    private MetadataImage _committed = MetadataImage.Empty;
    private ActiveController? _active;
    private long _lastId;

    /// <summary>What the whole cluster agrees on (C-14.1).</summary>
    public MetadataImage Committed => _committed;

    /// <summary>With everything decided here and not yet committed; null unless this node leads.</summary>
    public MetadataImage? Latest => _active?.Latest;

    /// <summary>The epoch of the reign; null unless this node leads.</summary>
    public LeaderEpoch? ActiveEpoch => _active?.Epoch;

    /// <summary>Base offset of the batch to replay next, while not active. After a reign it is where the committed image ends.</summary>
    public long ReplayFrom => _replay.NextOffset;

    /// <summary>When to say <see cref="ControllerEvent.TimePassed"/>; a past time is "at once".</summary>
    public long NextDeadlineMs => _active?.NextDeadlineMs ?? long.MaxValue;

    /// <summary>Takes one event and adds the effects it asks for, in order.</summary>
    /// <param name="nowMs">The caller's monotonic clock, milliseconds.</param>
    public void Step(ControllerEvent happened, long nowMs, List<ControllerEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        _active?.OnWoken(nowMs);
        switch (happened)
        {
            case ControllerEvent.TimePassed:
                _active?.OnTimePassed(nowMs);
                break;
            case ControllerEvent.BrokerDisconnected(NodeId broker):
                _active?.OnDisconnected(broker, nowMs);
                break;
            case ControllerEvent.Submitted(long id, ControllerOperation operation):
                Submit(id, operation, effects);
                break;
            case ControllerEvent.LeadershipGained(LeaderEpoch epoch):
                Invariant.Check(_active is null);
                _active = new ActiveController(options, epoch, _replay, nowMs) { NextId = () => ++_lastId };
                break;
            case ControllerEvent.LeadershipLost:
                EndReign(effects);
                break;
            case ControllerEvent.AppendAccepted(long id, long baseOffset):
                _active?.OnAccepted(id, baseOffset);
                break;
            case ControllerEvent.AppendRefused(long id):
                Refused(id, effects);
                break;
            case ControllerEvent.Committed(long highWatermark):
                _committed = _active?.OnCommitted(_committed, highWatermark, effects) ?? _committed;
                break;
            case ControllerEvent.BarrierCompleted(long id, bool stillLeader):
                _active?.OnBarrier(id, stillLeader, effects);
                break;
            case ControllerEvent.Replayed or ControllerEvent.ControlReplayed or ControllerEvent.SnapshotLoaded:
                Replay(happened, effects);
                break;
            default:
                throw new UnreachableException(happened?.GetType().Name);
        }

        _active?.Pump(nowMs, effects);
        _active?.OnAsleep(nowMs);
    }

    private void Submit(long id, ControllerOperation operation, List<ControllerEffect> effects)
    {
        if (_active is null)
        {
            effects.Add(new ControllerEffect.Answer(id, null, NotController));
        }
        else
        {
            _active.Submit(id, operation, effects);
        }
    }

    /// <summary>What is decided and not in the log can be nowhere: the reign ends here, and a successor aborts what it left open.</summary>
    private void Refused(long id, List<ControllerEffect> effects)
    {
        if (_active is { } active && active.Waits(id))
        {
            effects.Add(new ControllerEffect.Resign(active.Epoch));
            EndReign(effects);
        }
    }

    private void EndReign(List<ControllerEffect> effects)
    {
        if (_active is { } active)
        {
            _active = null;
            _replay = new MetadataReplay(_committed);
            active.End(effects);
        }
    }

    private void Replay(ControllerEvent happened, List<ControllerEffect> effects)
    {
        if (_active is not null)
        {
            return; // its own batches: it has their images already
        }

        switch (happened)
        {
            case ControllerEvent.Replayed batch:
                if (_replay.Apply(batch.BaseOffset, batch.Records) is { } change)
                {
                    effects.Add(new ControllerEffect.Published(change));
                }

                break;
            case ControllerEvent.ControlReplayed control:
                _replay.Skip(control.BaseOffset, control.EndOffset);
                break;
            case ControllerEvent.SnapshotLoaded snapshot:
                _replay = new MetadataReplay(ImageSnapshot.Read(snapshot.Records, snapshot.EndOffset));
                effects.Add(new ControllerEffect.Published(null));
                break;
        }

        _committed = _replay.Image;
    }
}
