using System.Collections.Immutable;

namespace RaftStream.Metadata.Images;

/// <summary>What a config belongs to; the numbers are those of the records.</summary>
public enum ConfigScope
{
    /// <summary>One topic, by name.</summary>
    Topic = 1,

    /// <summary>One node, by its number.</summary>
    Broker = 2,

    /// <summary>All topics and nodes that have no value of their own.</summary>
    Cluster = 3,
}

/// <summary>Something that carries configs.</summary>
/// <param name="Scope">Its kind.</param>
/// <param name="Name">Topic name or node number; empty for the cluster.</param>
public readonly record struct ConfigOwner(ConfigScope Scope, string Name)
{
    /// <summary>The cluster as a whole.</summary>
    public static readonly ConfigOwner Cluster = new(ConfigScope.Cluster, "");

    /// <summary>One broker.</summary>
    public static ConfigOwner Broker(Model.NodeId id) => new(ConfigScope.Broker, id.ToString());

    /// <summary>One topic.</summary>
    public static ConfigOwner Topic(string name) => new(ConfigScope.Topic, name);
}

/// <summary>All values that were set, at one offset of the metadata log. Immutable.</summary>
/// <param name="ByOwner">Values by key, in ordinal order of keys.</param>
public sealed record ConfigsImage(ImmutableDictionary<ConfigOwner, ImmutableSortedDictionary<string, string>> ByOwner)
{
    /// <summary>Nothing set for an owner.</summary>
    public static readonly ImmutableSortedDictionary<string, string> NoValues =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Nothing set.</summary>
    public static readonly ConfigsImage Empty = new(ImmutableDictionary<ConfigOwner, ImmutableSortedDictionary<string, string>>.Empty);

    /// <summary>The values that were set for <paramref name="owner"/>; empty when none.</summary>
    public ImmutableSortedDictionary<string, string> Of(ConfigOwner owner) => ByOwner.GetValueOrDefault(owner, NoValues);
}
