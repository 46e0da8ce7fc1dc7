namespace RaftStream.Chaos.Clusters;

/// <summary>Which of a node's traffic is held back.</summary>
[Flags]
internal enum Cut
{
    None = 0,

    /// <summary>What others send to it.</summary>
    Inbound = 1,

    /// <summary>What it sends to others.</summary>
    Outbound = 2,

    Both = Inbound | Outbound,

    /// <summary>Clients are cut off in the same way, not only other nodes.</summary>
    Clients = 4,
}
