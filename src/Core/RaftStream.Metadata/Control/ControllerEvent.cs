using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Everything that can happen to a controller.</summary>
public abstract record ControllerEvent
{
    private ControllerEvent()
    {
    }

    /// <summary>The clock reached <see cref="Controller.NextDeadlineMs"/>, or later.</summary>
    public sealed record TimePassed : ControllerEvent;

    /// <summary>Somebody asks; the answer is a <see cref="ControllerEffect.Answer"/> with the same id.</summary>
    public sealed record Submitted(long Id, ControllerOperation Operation) : ControllerEvent;

    /// <summary>A hint: the connection that carries a broker's heartbeats closed .</summary>
    public sealed record BrokerDisconnected(NodeId Broker) : ControllerEvent;

    /// <summary>This node leads, and everything before its reign was replayed here (C-8.4).</summary>
    public sealed record LeadershipGained(LeaderEpoch Epoch) : ControllerEvent;

    /// <summary>The reign is over.</summary>
    public sealed record LeadershipLost : ControllerEvent;

    /// <summary>A <see cref="ControllerEffect.Append"/> was taken and starts at <paramref name="BaseOffset"/>; not committed yet.</summary>
    public sealed record AppendAccepted(long Id, long BaseOffset) : ControllerEvent;

    /// <summary>A <see cref="ControllerEffect.Append"/> was not taken.</summary>
    public sealed record AppendRefused(long Id) : ControllerEvent;

    /// <summary>Everything below <paramref name="HighWatermark"/> is committed. Looked at while active; otherwise batches are replayed.</summary>
    public sealed record Committed(long HighWatermark) : ControllerEvent;

    /// <summary>A committed batch, from <see cref="Controller.ReplayFrom"/> on. Ignored while active, when the controller has made it itself.</summary>
    public sealed record Replayed(long BaseOffset, ImmutableArray<MetadataRecord> Records) : ControllerEvent;

    /// <summary>A committed control batch of the quorum: offsets without records of ours (C-4.2).</summary>
    public sealed record ControlReplayed(long BaseOffset, long EndOffset) : ControllerEvent;

    /// <summary>A snapshot takes the place of everything before its end (C-9.1).</summary>
    public sealed record SnapshotLoaded(long EndOffset, IEnumerable<MetadataRecord> Records) : ControllerEvent;

    /// <summary>Answers <see cref="ControllerEffect.RequestBarrier"/>.</summary>
    /// <param name="StillLeader">False: the read cannot be answered here.</param>
    public sealed record BarrierCompleted(long Id, bool StillLeader) : ControllerEvent;
}
