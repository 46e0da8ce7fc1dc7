namespace RaftStream.Server.Settings;

/// <summary>What a node does.</summary>
[Flags]
public enum ProcessRoles
{
    /// <summary>Votes on the metadata, and decides it while it leads.</summary>
    Controller = 1,

    /// <summary>Holds partitions and serves clients.</summary>
    Broker = 2,

    /// <summary>Both in one process.</summary>
    Both = Controller | Broker,
}
