using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using RaftStream.Model;

namespace RaftStream.Broker.Partitions;

/// <summary>Finds the partitions of this node by topic name or id, without allocating; names are compared as UTF-8.</summary>
/// <remarks>Any thread reads; the controller's thread changes.</remarks>
internal sealed class PartitionTable
{
    private readonly ConcurrentDictionary<TopicId, TopicEntry> _byId = new();
    private readonly ConcurrentDictionary<byte[], TopicEntry> _byName = new(Utf8Comparer.Instance);
    private readonly ConcurrentDictionary<byte[], TopicEntry>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    public PartitionTable() => _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>All topics, in no order.</summary>
    public IEnumerable<TopicEntry> Topics => _byId.Values;

    /// <summary>All partitions, in no order.</summary>
    public IEnumerable<PartitionCell> Cells => _byId.Values.SelectMany(topic => topic.Cells).OfType<PartitionCell>();

    public TopicEntry? Find(TopicId id) => _byId.GetValueOrDefault(id);

    public TopicEntry? Find(ReadOnlySpan<byte> nameUtf8) => _bySpan.TryGetValue(nameUtf8, out TopicEntry? topic) ? topic : null;

    public TopicEntry GetOrAdd(string name, TopicId id)
    {
        if (_byId.TryGetValue(id, out TopicEntry? known))
        {
            return known;
        }

        var topic = new TopicEntry(name, id);
        _byId[id] = topic;
        _byName[topic.NameUtf8] = topic;
        return topic;
    }

    public bool Remove(TopicId id, [NotNullWhen(true)] out TopicEntry? topic)
    {
        if (!_byId.TryRemove(id, out topic))
        {
            return false;
        }

        // The name may belong to another incarnation by now.
        _byName.TryRemove(KeyValuePair.Create(topic.NameUtf8, topic));
        return true;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
