namespace RaftStream.Broker;

/// <summary>Where a node stands in its life.</summary>
public enum BrokerState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Recovering logs, replaying metadata.</summary>
    Starting,

    /// <summary>Serving.</summary>
    Running,

    /// <summary>Closing logs.</summary>
    Stopping,

    /// <summary>At rest.</summary>
    Stopped,

    /// <summary>A part has failed; the node serves nothing and must be started anew.</summary>
    Failed,
}
