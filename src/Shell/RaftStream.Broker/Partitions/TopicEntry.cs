using System.Text;
using RaftStream.Model;

namespace RaftStream.Broker.Partitions;

/// <summary>The partitions of one topic incarnation that live on this node.</summary>
internal sealed class TopicEntry(string name, TopicId id)
{
    private volatile PartitionCell?[] _cells = [];

    public string Name { get; } = name;

    public byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);

    public TopicId Id { get; } = id;

    /// <summary>By partition number; null where this node has no replica. Readers take the array once.</summary>
    public PartitionCell?[] Cells => _cells;

    /// <summary>The partition, or null.</summary>
    public PartitionCell? Find(int partition)
    {
        PartitionCell?[] cells = _cells;
        return (uint)partition < (uint)cells.Length ? cells[partition] : null;
    }

    /// <summary>Adds partitions. One thread.</summary>
    public void Add(IEnumerable<PartitionCell> added)
    {
        PartitionCell[] list = [.. added];
        if (list.Length == 0)
        {
            return;
        }

        var cells = new PartitionCell?[Math.Max(_cells.Length, list.Max(c => c.Id.Partition) + 1)];
        _cells.CopyTo(cells, 0);
        foreach (PartitionCell cell in list)
        {
            Invariant.Check(cells[cell.Id.Partition] is null);
            cells[cell.Id.Partition] = cell;
        }

        _cells = cells;
    }

    /// <summary>Takes a partition away. One thread.</summary>
    public void Remove(PartitionCell cell)
    {
        PartitionCell?[] cells = [.. _cells];
        Invariant.Check(ReferenceEquals(cells[cell.Id.Partition], cell));
        cells[cell.Id.Partition] = null;
        _cells = cells;
    }
}
