using System.Collections.Immutable;
using RaftStream.Kafka.Protocol;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>Brokers as lists of numbers.</summary>
internal static class NodeLists
{
    /// <summary>The brokers that a list names, in its order.</summary>
    public static ImmutableArray<NodeId> Read(ValueList<int> list)
    {
        ImmutableArray<NodeId>.Builder ids = ImmutableArray.CreateBuilder<NodeId>(list.Count);
        foreach (int id in list)
        {
            ids.Add(new NodeId(id));
        }

        return ids.MoveToImmutable();
    }

    /// <summary>Appends the brokers' numbers.</summary>
    public static void Write(ValueList<int> list, ImmutableArray<NodeId> ids)
    {
        foreach (NodeId id in ids)
        {
            list.Add(id.Value);
        }
    }
}
