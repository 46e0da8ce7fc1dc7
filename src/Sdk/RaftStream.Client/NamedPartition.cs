using System.Globalization;

namespace RaftStream.Client;

/// <summary>One partition as people write it: topic name and number, from 0.</summary>
public readonly record struct NamedPartition(string Topic, int Partition) : IComparable<NamedPartition>
{
    /// <summary>By topic name (ordinal), then by number.</summary>
    public int CompareTo(NamedPartition other)
    {
        int byTopic = string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary>The name of the partition's folder in a broker: <c>topic-partition</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Topic}-{Partition}");

    public static bool operator <(NamedPartition left, NamedPartition right) => left.CompareTo(right) < 0;
    public static bool operator >(NamedPartition left, NamedPartition right) => left.CompareTo(right) > 0;
    public static bool operator <=(NamedPartition left, NamedPartition right) => left.CompareTo(right) <= 0;
    public static bool operator >=(NamedPartition left, NamedPartition right) => left.CompareTo(right) >= 0;
}
