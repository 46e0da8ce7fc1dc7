using RaftStream.Metadata.Images;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>A rule that holds at every moment; told of everything, and throws when it is broken.</summary>
public abstract class QuorumInvariant
{
    /// <summary>A process opened its store.</summary>
    public virtual void Started(SimulatedNode node, QuorumStore store)
    {
    }

    /// <summary>An effect of the node was carried out.</summary>
    public virtual void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
    }

    /// <summary>A request leaves.</summary>
    public virtual void Sent(SimulatedNode node, RaftRequest request)
    {
    }

    /// <summary>An answer leaves.</summary>
    public virtual void Answered(SimulatedNode node, RaftResponse response)
    {
    }

    /// <summary>The node took another role.</summary>
    public virtual void Moved(SimulatedNode node, RaftEffect.Transition transition)
    {
    }

    /// <summary>The controller of the node has another committed image.</summary>
    public virtual void Published(SimulatedNode node, MetadataImage image)
    {
    }

    /// <summary>The node has dealt with an event, and lives.</summary>
    public virtual void AfterEvent(SimulatedNode node)
    {
    }

    /// <summary>Stops the run.</summary>
    protected static void Require(bool holds, string rule, Func<string> what)
    {
        if (!holds)
        {
            throw new RuleBrokenException($"{rule}: {what()}");
        }
    }
}

/// <summary>An invariant does not hold.</summary>
public sealed class RuleBrokenException(string message) : Exception(message);
