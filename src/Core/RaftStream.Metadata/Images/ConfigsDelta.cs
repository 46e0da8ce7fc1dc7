using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Changes of configs on top of an image. One owner; not thread-safe.</summary>
public sealed class ConfigsDelta(ConfigsImage before)
{
    private readonly ImmutableDictionary<ConfigOwner, ImmutableSortedDictionary<string, string>>.Builder _byOwner =
        before.ByOwner.ToBuilder();

    private readonly HashSet<ConfigOwner> _seen = [];
    private readonly List<ConfigOwner> _changed = [];

    /// <summary>Owners with a changed value, each once, in the order of their first change.</summary>
    public IReadOnlyList<ConfigOwner> ChangedOwners => _changed;

    /// <summary>Replays a record.</summary>
    public void Replay(ConfigRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Invariant.Check(Enum.IsDefined((ConfigScope)record.ResourceType));
        var owner = new ConfigOwner((ConfigScope)record.ResourceType, record.ResourceName);
        ImmutableSortedDictionary<string, string> values = _byOwner.GetValueOrDefault(owner, ConfigsImage.NoValues);
        Store(owner, record.HasValue ? values.SetItem(record.Key, record.Value) : values.Remove(record.Key));
    }

    /// <summary>Forgets all values of a topic that was removed.</summary>
    public void RemoveTopic(string name) => Store(ConfigOwner.Topic(name), ConfigsImage.NoValues);

    /// <summary>The image with all changes.</summary>
    public ConfigsImage Apply() => _changed.Count == 0 ? before : new ConfigsImage(_byOwner.ToImmutable());

    private void Store(ConfigOwner owner, ImmutableSortedDictionary<string, string> values)
    {
        if (values.IsEmpty)
        {
            _byOwner.Remove(owner);
        }
        else
        {
            _byOwner[owner] = values;
        }

        if (_seen.Add(owner))
        {
            _changed.Add(owner);
        }
    }
}
