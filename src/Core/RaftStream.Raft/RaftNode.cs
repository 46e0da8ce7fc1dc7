using RaftStream.Model;

namespace RaftStream.Raft;

/// <summary>One replica of the metadata quorum: one event in, effects out (C-1.1). One owner; not thread-safe.</summary>
public sealed class RaftNode
{
    /// <summary>Restarts from what the disk holds; appends the first effects (C-13.4).</summary>
    /// <param name="prng">Draws the timeouts (C-1.2).</param>
    /// <exception cref="InvariantViolationException">The disk's state contradicts itself (C-3.1): do not run.</exception>
    public RaftNode(RaftStart start, Prng prng, long nowMs, List<RaftEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(prng);
        ArgumentNullException.ThrowIfNull(effects);
        _ = nowMs;
        Local = start.Local;
    }

    /// <summary>This replica.</summary>
    public ReplicaKey Local { get; }

    /// <summary>When to step with <see cref="RaftEvent.TimePassed"/> at the latest; <see cref="long.MaxValue"/> is never.</summary>
    public long NextDeadlineMs => throw new NotSupportedException();

    /// <summary>Advances the node by one event and appends the effects it asks for, in order.</summary>
    /// <param name="nowMs">Caller's monotonic clock, milliseconds; never goes back.</param>
    public void Step(RaftEvent raftEvent, long nowMs, List<RaftEffect> effects) => throw new NotSupportedException();
}
