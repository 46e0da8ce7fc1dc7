using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>What the shell has to do.</summary>
public enum PartitionEffectKind
{
    /// <summary>Answer a produce request, or one that waits for the log start: <see cref="PartitionEffect{TProduce, TFetch}.Produce"/>, <c>Error</c>, <c>BaseOffset</c>.</summary>
    AnswerProduce,

    /// <summary>Look at a parked fetch again: <see cref="PartitionEffect{TProduce, TFetch}.Fetch"/>, <c>Error</c>. It is no longer parked.</summary>
    WakeFetch,

    /// <summary>Readers may see everything below <c>HighWatermark</c> now.</summary>
    PublishHighWatermark,

    /// <summary>Ask the controller for <c>Change</c> (R-8.3); the answer is an event. Never two at once, but the same one again.</summary>
    ProposeIsr,

    /// <summary>This node led when round <c>Round</c> was asked for: all that could have taken over have confirmed it .</summary>
    ConfirmRound,
}

/// <summary>Why a fetch is woken, or how a produce request ended: see <see cref="ErrorCode"/>; in the order to carry out.</summary>
/// <typeparam name="TProduce">What the shell calls a produce request.</typeparam>
/// <typeparam name="TFetch">What the shell calls a fetch.</typeparam>
public readonly record struct PartitionEffect<TProduce, TFetch>
{
    /// <summary>What to do.</summary>
    public required PartitionEffectKind Kind { get; init; }

    /// <summary>The request to answer.</summary>
    public TProduce Produce { get; init; }

    /// <summary>The fetch to wake.</summary>
    public TFetch Fetch { get; init; }

    /// <summary><see cref="ErrorCode.None"/>, or why it ended so. A fetch that ran into its deadline has <see cref="ErrorCode.None"/>.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>First offset of the appended batch; of a failed request too, when it was appended (its outcome is unknown).</summary>
    public Offset BaseOffset { get; init; }

    /// <summary>The high watermark to publish.</summary>
    public Offset HighWatermark { get; init; }

    /// <summary>What to propose.</summary>
    public IsrChange? Change { get; init; }

    /// <summary>This round and all before it.</summary>
    public long Round { get; init; }
}
