namespace RaftStream.Model;

/// <summary>Position of one record in a log, from 0. A value called "end" is exclusive.</summary>
public readonly record struct Offset(long Value) : IComparable<Offset>
{
    /// <summary>The first offset of every log.</summary>
    public static readonly Offset Zero;

    /// <summary>The offset <paramref name="recordCount"/> records further on.</summary>
    /// <exception cref="OverflowException">Past <see cref="long.MaxValue"/>.</exception>
    public Offset Plus(long recordCount) => new(checked(Value + recordCount));

    /// <summary>The smaller of two offsets.</summary>
    public static Offset Min(Offset left, Offset right) => left.Value <= right.Value ? left : right;

    /// <summary>The larger of two offsets.</summary>
    public static Offset Max(Offset left, Offset right) => left.Value >= right.Value ? left : right;

    /// <inheritdoc/>
    public int CompareTo(Offset other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(Offset left, Offset right) => left.Value < right.Value;
    public static bool operator >(Offset left, Offset right) => left.Value > right.Value;
    public static bool operator <=(Offset left, Offset right) => left.Value <= right.Value;
    public static bool operator >=(Offset left, Offset right) => left.Value >= right.Value;
}

/// <summary>One leader's reign over a log; never decreases; -1 is "unknown" (R-2.2, C-4.3).</summary>
public readonly record struct LeaderEpoch(int Value) : IComparable<LeaderEpoch>
{
    /// <summary>No epoch known, or an empty log.</summary>
    public static readonly LeaderEpoch Unknown = new(-1);

    /// <inheritdoc/>
    public int CompareTo(LeaderEpoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(LeaderEpoch left, LeaderEpoch right) => left.Value < right.Value;
    public static bool operator >(LeaderEpoch left, LeaderEpoch right) => left.Value > right.Value;
    public static bool operator <=(LeaderEpoch left, LeaderEpoch right) => left.Value <= right.Value;
    public static bool operator >=(LeaderEpoch left, LeaderEpoch right) => left.Value >= right.Value;
}

/// <summary>Version of one partition's metadata; +1 on every change .</summary>
public readonly record struct PartitionEpoch(int Value);

/// <summary>Version of one broker registration: the offset of its record in the metadata log (C-14.9); -1 is "none".</summary>
public readonly record struct BrokerEpoch(long Value)
{
    /// <summary>Not registered.</summary>
    public static readonly BrokerEpoch None = new(-1);
}

/// <summary>Number that names one node of a cluster, 0 or above; -1 is "no node".</summary>
public readonly record struct NodeId(int Value) : IComparable<NodeId>
{
    /// <summary>No node: a partition without a leader.</summary>
    public static readonly NodeId None = new(-1);

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(NodeId left, NodeId right) => left.Value < right.Value;
    public static bool operator >(NodeId left, NodeId right) => left.Value > right.Value;
    public static bool operator <=(NodeId left, NodeId right) => left.Value <= right.Value;
    public static bool operator >=(NodeId left, NodeId right) => left.Value >= right.Value;
}

/// <summary>Answer to "where does <see cref="Epoch"/> end" (C-4.4): the largest known epoch not above the asked one, and its exclusive end.</summary>
public readonly record struct EpochEndOffset(LeaderEpoch Epoch, Offset EndOffset);
