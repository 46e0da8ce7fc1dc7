using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>The snapshots beside the metadata log, <c>(end offset, 20 digits)-(epoch, 10 digits).checkpoint</c> (C-10).</summary>
/// <remarks>
/// A file that carries its final name is complete, verified and durable. One is being written or fetched at a time by
/// each of two owners: who creates (<see cref="Create"/>) and who fetches (<see cref="StoreChunk"/>). Thread-safe.
/// </remarks>
internal sealed class SnapshotStore(IFileSystem fileSystem, string directory, QuorumSabotage sabotage)
{
    private const string Suffix = ".checkpoint";
    private const string Part = ".part";
    private const string OwnPart = ".own" + Part;
    private const string Damaged = ".damaged";

    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<SnapshotId, VoterSet> _known = ImmutableSortedDictionary.Create<SnapshotId, VoterSet>(
        Comparer<SnapshotId>.Create((a, b) => (a.EndOffset.Value, a.Epoch.Value).CompareTo((b.EndOffset.Value, b.Epoch.Value))));

    /// <summary>Oldest first.</summary>
    internal ImmutableArray<SnapshotId> Ids => [.. _known.Keys];

    /// <summary>The newest; null when there is none.</summary>
    internal SnapshotId? Newest => _known.IsEmpty ? null : _known.Keys.Last();

    /// <summary>True when a snapshot failed verification at this start or an earlier one.</summary>
    internal bool FoundDamage { get; private set; }

    internal VoterSet VotersOf(SnapshotId id) => _known[id];

    /// <summary>Removes unfinished files, sets damaged ones aside, takes the others (C-13.1, C-10.5).</summary>
    internal void Load()
    {
        foreach (string name in fileSystem.ListFiles(directory))
        {
            if (name.EndsWith(Part, StringComparison.Ordinal))
            {
                fileSystem.DeleteFile($"{directory}/{name}");
            }
            else if (TryParseName(name) is { } id)
            {
                LoadOne(name, id);
            }

            FoundDamage |= name.EndsWith(Damaged, StringComparison.Ordinal);
        }

        // A name that only the page cache knows is made durable before anything is built on it.
        fileSystem.SyncDirectory(directory);
    }

    /// <summary>Writes a snapshot of the own state; durable when it returns. One that exists already stays as it is.</summary>
    internal void Create(SnapshotContent content, long nowMs)
    {
        if (_known.ContainsKey(content.Id))
        {
            return;
        }

        string temporary = PathOf(content.Id) + OwnPart;
        using (IFile file = fileSystem.Open(temporary, FileOpenMode.CreateOrTruncate))
        {
            SnapshotFile.Write(file, content, nowMs, flush: (sabotage & QuorumSabotage.NoSnapshotFlush) == 0);
        }

        SnapshotContent written = TryRead(temporary, content.Id)
            ?? throw new StorageException(StorageErrorKind.Corrupt, $"{temporary} is not what was written to it a moment ago.");
        Publish(temporary, written);
    }

    /// <summary>Adds a chunk to the file that is being fetched; position 0 begins anew (C-10.4).</summary>
    internal void StoreChunk(SnapshotId id, long position, ReadOnlySpan<byte> bytes)
    {
        string path = PathOf(id) + Part;
        using IFile file = fileSystem.Open(path, position == 0 ? FileOpenMode.CreateOrTruncate : FileOpenMode.ReadWrite);
        Invariant.Check(file.Length == position);
        file.Write(bytes, position);
    }

    /// <summary>Verifies what was fetched and makes it durable; null, and the file is gone, when it is damaged.</summary>
    internal SnapshotContent? Finish(SnapshotId id)
    {
        string path = PathOf(id) + Part;
        if (!fileSystem.FileExists(path) || TryRead(path, id) is not { } content)
        {
            Abandon(id);
            return null;
        }

        if ((sabotage & QuorumSabotage.NoSnapshotFlush) == 0)
        {
            using IFile file = fileSystem.Open(path, FileOpenMode.ReadWrite);
            file.Flush();
        }

        Publish(path, content);
        return content;
    }

    internal void Abandon(SnapshotId id) => fileSystem.DeleteFile(PathOf(id) + Part);

    /// <summary>All of a snapshot, verified again.</summary>
    /// <exception cref="StorageException">It is damaged by now.</exception>
    internal SnapshotContent Read(SnapshotId id) => TryRead(PathOf(id), id)
        ?? throw new StorageException(StorageErrorKind.Corrupt, $"The snapshot {PathOf(id)} is damaged.");

    /// <summary>A piece of the file and its size; null when there is no such snapshot any more.</summary>
    internal (ReadOnlyMemory<byte> Bytes, long Size)? ReadChunk(SnapshotId id, long position, int maxBytes)
    {
        lock (_lock)
        {
            if (id == SnapshotId.Bootstrap || !_known.ContainsKey(id))
            {
                return null;
            }

            using IFile file = fileSystem.Open(PathOf(id), FileOpenMode.Read);
            long size = file.Length;
            byte[] bytes = new byte[Math.Clamp(size - position, 0, maxBytes)];
            return file.Read(bytes, position) == bytes.Length
                ? (bytes, size)
                : throw new StorageException(StorageErrorKind.Corrupt, $"The snapshot {PathOf(id)} shrank.");
        }
    }

    /// <summary>Removes a snapshot that nothing depends on any more.</summary>
    internal void Delete(SnapshotId id)
    {
        lock (_lock)
        {
            _known = _known.Remove(id);
            fileSystem.DeleteFile(PathOf(id));
        }
    }

    private void LoadOne(string name, SnapshotId id)
    {
        if (TryRead($"{directory}/{name}", id) is { } content)
        {
            _known = _known.Add(id, content.Voters);
        }
        else if ((sabotage & QuorumSabotage.NoSnapshotCheck) != 0)
        {
            _known = _known.Add(id, VoterSet.Empty);
        }
        else
        {
            FoundDamage = true;
            fileSystem.Rename($"{directory}/{name}", $"{directory}/{name}{Damaged}");
        }
    }

    private SnapshotContent? TryRead(string path, SnapshotId id)
    {
        using IFile file = fileSystem.Open(path, FileOpenMode.Read);
        return SnapshotFile.TryRead(file, id);
    }

    /// <summary>Only now it is visible (section 3): named, and the name durable.</summary>
    private void Publish(string temporary, SnapshotContent content)
    {
        lock (_lock)
        {
            fileSystem.Rename(temporary, PathOf(content.Id));
            if ((sabotage & QuorumSabotage.NoSnapshotFolderSync) == 0)
            {
                fileSystem.SyncDirectory(directory);
            }

            _known = _known.SetItem(content.Id, content.Voters);
        }
    }

    private string PathOf(SnapshotId id) =>
        string.Create(CultureInfo.InvariantCulture, $"{directory}/{id.EndOffset.Value:D20}-{id.Epoch.Value:D10}{Suffix}");

    internal static SnapshotId? TryParseName(string name)
    {
        const int OffsetDigits = 20;
        const int EpochDigits = 10;
        bool isShaped = name.Length == OffsetDigits + 1 + EpochDigits + Suffix.Length
            && name[OffsetDigits] == '-'
            && name.EndsWith(Suffix, StringComparison.Ordinal);
        return isShaped
            && long.TryParse(name.AsSpan(0, OffsetDigits), NumberStyles.None, CultureInfo.InvariantCulture, out long end)
            && int.TryParse(name.AsSpan(OffsetDigits + 1, EpochDigits), NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
            ? new SnapshotId(new Offset(end), new LeaderEpoch(epoch))
            : null;
    }
}
