namespace RaftStream.Metadata.Control;

/// <summary>Rules that a test switches off to see that its checker notices. Never set outside tests.</summary>
[Flags]
internal enum MetadataSabotage
{
    None = 0,

    /// <summary>A proposal on an older partition epoch is carried out (R-9.1, P49).</summary>
    NoPartitionEpochCheck = 1 << 0,

    /// <summary>A proposal of another registration is carried out, and whoever it names joins (R-9.1, P51, P52).</summary>
    AnybodyMayJoin = 1 << 1,

    /// <summary>Only the last member of an ISR is eligible, whatever it lost (R-9.3, R-9.10, P58).</summary>
    NoElr = 1 << 2,

    /// <summary>A replica that lost unflushed records stays eligible .</summary>
    KeepUncleanElr = 1 << 3,

    /// <summary>A proposal that changes nothing does not move the partition epoch .</summary>
    NoFence = 1 << 4,

    /// <summary>A change of the minimum ISR does not reach the partitions (R-2.3, P53).</summary>
    NoStamp = 1 << 5,
}
