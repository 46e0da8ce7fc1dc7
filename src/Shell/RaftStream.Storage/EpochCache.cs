using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;

namespace RaftStream.Storage;

/// <summary>Which leader epoch begins where: strictly growing epochs and starts, as the batches say (C-4.4, S-R12).</summary>
/// <remarks>
/// An immutable value swapped as a whole under a lock: the appender adds and cuts, whoever moves the log start cuts the
/// front, the flusher saves; anybody reads without the lock.
/// </remarks>
internal sealed class EpochCache
{
    private readonly Lock _changeLock = new();
    private readonly Lock _fileLock = new();
    private ImmutableArray<EpochEntry> _entries = [];
    private bool _isDirty;

    /// <summary>The entries now.</summary>
    internal ImmutableArray<EpochEntry> Entries => _entries;

    /// <summary>The newest epoch, -1 when there is none.</summary>
    internal LeaderEpoch Latest => _entries is [.., EpochEntry last] ? last.Epoch : LeaderEpoch.Unknown;

    /// <summary>Takes what recovery found; the file counts as outdated.</summary>
    internal void Load(IEnumerable<EpochEntry> entries) => Change(_ => [.. entries]);

    /// <summary>Takes what the checkpoint file says.</summary>
    internal void LoadSaved(IEnumerable<EpochEntry> entries)
    {
        Load(entries);
        _isDirty = false;
    }

    /// <summary>Replaces the checkpoint file when it is outdated; durable when it returns.</summary>
    internal void Persist(IFileSystem fileSystem, string directory)
    {
        lock (_fileLock)
        {
            ImmutableArray<EpochEntry> entries;
            lock (_changeLock)
            {
                if (!_isDirty)
                {
                    return;
                }

                entries = _entries;
                _isDirty = false;
            }

            LeaderEpochFile.Write(fileSystem, directory, entries);
        }
    }

    /// <summary>Notes that <paramref name="epoch"/> begins at <paramref name="start"/>; nothing when it is known already.</summary>
    internal void Assign(LeaderEpoch epoch, Offset start)
    {
        if (epoch <= Latest)
        {
            Invariant.Check(epoch == Latest); // An epoch never goes back.
            return;
        }

        Begin(epoch, start); // Apart, since its closure would be allocated on each append.
    }

    /// <summary>Drops epochs that begin at or behind the new end, also when nothing else is cut (P45).</summary>
    internal void TruncateFromEnd(Offset end) => Change(entries => CutAt(entries, end));

    /// <summary>Drops epochs that end at or below the new start; the one that reaches over it begins there .</summary>
    internal void TruncateFromStart(Offset start) => Change(entries =>
    {
        while (entries.Length > 1 && entries[1].Start <= start)
        {
            entries = entries.RemoveAt(0);
        }

        return entries.Length > 0 && entries[0].Start < start
            ? entries.SetItem(0, entries[0] with { Start = start })
            : entries;
    });

    internal void Clear() => Change(_ => []);

    /// <summary>Where <paramref name="epoch"/> ends in a log that ends at <paramref name="logEnd"/> (C-4.4).</summary>
    internal EpochEndOffset EndOffsetFor(LeaderEpoch epoch, Offset logEnd)
    {
        ImmutableArray<EpochEntry> entries = _entries;
        if (entries.Length == 0)
        {
            return new EpochEndOffset(epoch, logEnd);
        }

        int index = entries.Length - 1;
        if (epoch == entries[index].Epoch)
        {
            return new EpochEndOffset(epoch, logEnd);
        }

        while (index >= 0 && entries[index].Epoch > epoch)
        {
            index--;
        }

        if (index == entries.Length - 1)
        {
            // Later than all that is known: this log cannot say; its last reign ends at the log's end.
            return new EpochEndOffset(entries[index].Epoch, logEnd);
        }

        return index < 0
            ? new EpochEndOffset(epoch, entries[0].Start)
            : new EpochEndOffset(entries[index].Epoch, entries[index + 1].Start);
    }

    /// <remarks>A reign that got no batch ends where the next begins: it owns nothing, so its entry goes.</remarks>
    private void Begin(LeaderEpoch epoch, Offset start) =>
        Change(entries => CutAt(entries, start).Add(new EpochEntry(epoch, start)));

    private static ImmutableArray<EpochEntry> CutAt(ImmutableArray<EpochEntry> entries, Offset end)
    {
        while (entries is [.., EpochEntry last] && last.Start >= end)
        {
            entries = entries.RemoveAt(entries.Length - 1);
        }

        return entries;
    }

    private void Change(Func<ImmutableArray<EpochEntry>, ImmutableArray<EpochEntry>> change)
    {
        lock (_changeLock)
        {
            ImmutableArray<EpochEntry> changed = change(_entries);
            _isDirty |= changed != _entries;
            _entries = changed;
        }
    }
}
