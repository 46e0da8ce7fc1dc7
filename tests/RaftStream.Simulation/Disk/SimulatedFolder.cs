using RaftStream.Model;

namespace RaftStream.Simulation.Disk;

/// <summary>One simulated folder: its names as programs see them, and as they would be after a power loss.</summary>
/// <remarks>Until the folder is flushed, each create, rename and removal may be lost or kept by itself (F-3).</remarks>
internal sealed class SimulatedFolder
{
    private readonly SortedDictionary<string, object> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, object> _durableNames = new(StringComparer.Ordinal);
    private readonly List<NameChange> _unsynced = [];

    /// <summary>Names now; values are <see cref="SimulatedContent"/> or <see cref="SimulatedFolder"/>.</summary>
    internal IReadOnlyDictionary<string, object> Names => _names;

    internal object? Find(string name) => _names.GetValueOrDefault(name);

    internal void Add(string name, object node)
    {
        _names.Add(name, node);
        _unsynced.Add(new NameChange(null, name, node));
    }

    internal void Remove(string name)
    {
        object node = _names[name];
        _names.Remove(name);
        _unsynced.Add(new NameChange(name, null, node));
    }

    internal void Rename(string from, string to)
    {
        object node = _names[from];
        _names.Remove(from);
        _names[to] = node;
        _unsynced.Add(new NameChange(from, to, node));
    }

    internal void Sync()
    {
        _durableNames.Clear();
        foreach ((string name, object node) in _names)
        {
            _durableNames.Add(name, node);
        }

        _unsynced.Clear();
    }

    /// <summary>Visits all files below.</summary>
    internal void ForEachFile(Action<SimulatedContent> action)
    {
        foreach (object node in _names.Values)
        {
            if (node is SimulatedContent content)
            {
                action(content);
            }
            else
            {
                ((SimulatedFolder)node).ForEachFile(action);
            }
        }
    }

    /// <summary>What a power loss now leaves of this folder and everything below it.</summary>
    internal SimulatedFolder CrashImage(Prng random)
    {
        var survivors = new SortedDictionary<string, object>(_durableNames, StringComparer.Ordinal);
        int mode = random.Next(4);
        foreach (NameChange change in _unsynced)
        {
            bool kept = mode switch { 0 => false, 1 => true, _ => random.OneIn(2) };
            if (kept)
            {
                Apply(change, survivors);
            }
        }

        var image = new SimulatedFolder();
        foreach ((string name, object node) in survivors)
        {
            object copy = node switch
            {
                SimulatedContent content => content.CrashImage(random),
                SimulatedFolder folder => folder.CrashImage(random),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            image._names.Add(name, copy);
            image._durableNames.Add(name, copy);
        }

        return image;
    }

    private static void Apply(NameChange change, SortedDictionary<string, object> names)
    {
        if (change.From is not null && names.GetValueOrDefault(change.From) == change.Node)
        {
            names.Remove(change.From);
        }

        if (change.To is not null)
        {
            names[change.To] = change.Node;
        }
    }

    /// <summary>A create (no From), a removal (no To) or a rename.</summary>
    private sealed record NameChange(string? From, string? To, object Node);
}
