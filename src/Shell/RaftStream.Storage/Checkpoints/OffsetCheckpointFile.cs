using System.Globalization;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary>One offset per partition folder, for a whole data folder, in one file.</summary>
/// <remarks>Not thread-safe: <see cref="OffsetCheckpoints"/> guards it.</remarks>
internal sealed class OffsetCheckpointFile(IFileSystem fileSystem, string directory, string name)
{
    private const int Version = 1;

    private readonly SortedDictionary<string, long> _offsets = new(StringComparer.Ordinal);
    private bool _isDirty;

    /// <summary>Reads the file; a missing or damaged one counts as empty .</summary>
    internal void Load()
    {
        string[]? lines = CheckpointText.TryDecode(name, Version, AtomicFile.TryRead(fileSystem, directory, name));
        foreach (string line in lines ?? [])
        {
            int space = line.LastIndexOf(' ');
            if (space > 0
                && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
            {
                _offsets[line[..space]] = offset;
            }
        }
    }

    internal IEnumerable<string> Partitions => _offsets.Keys;

    internal Offset? Find(string partition) =>
        _offsets.TryGetValue(partition, out long offset) ? new Offset(offset) : null;

    internal void Set(string partition, Offset offset)
    {
        if (!_offsets.TryGetValue(partition, out long old) || old != offset.Value)
        {
            _offsets[partition] = offset.Value;
            _isDirty = true;
        }
    }

    internal void Remove(string partition) => _isDirty |= _offsets.Remove(partition);

    internal void RetainOnly(HashSet<string> partitions)
    {
        foreach (string partition in (string[])[.. _offsets.Keys.Where(partition => !partitions.Contains(partition))])
        {
            Remove(partition);
        }
    }

    /// <summary>Makes the values durable; writes nothing when they already are.</summary>
    internal void Save()
    {
        if (!_isDirty)
        {
            return;
        }

        IEnumerable<string> lines = _offsets.Select(pair =>
            string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}"));
        AtomicFile.Replace(fileSystem, directory, name, CheckpointText.Encode(name, Version, lines));
        _isDirty = false;
    }
}
