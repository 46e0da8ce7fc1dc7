using System.Collections.Concurrent;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Records.Producers;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>The idempotent producers of a log: in memory as of its end, on disk as of places from which batches are read again .</summary>
/// <remarks>
/// The table belongs to the appender. What it was where a segment begins is kept until the flusher, or whoever deletes the
/// segments before it, has written it. There is always a snapshot at or above the end of what recovery found, so that the
/// state outlives the segments that it came from.
/// </remarks>
internal sealed class LogProducers(IFileSystem fileSystem, string directory)
{
    private readonly ConcurrentDictionary<long, string[]> _unwritten = new();

    /// <summary>State at the log's end. Appender only.</summary>
    internal ProducerTable Table { get; } = new();

    /// <summary>A segment begins here. Appender.</summary>
    internal void Note(Offset segmentBase) => _unwritten[segmentBase.Value] = [.. Table.Save()];

    /// <summary>Makes the state at the beginning of a segment durable, once.</summary>
    internal void WriteAt(Offset segmentBase)
    {
        if (_unwritten.TryRemove(segmentBase.Value, out string[]? entries))
        {
            ProducerSnapshots.Write(fileSystem, directory, segmentBase, entries);
        }
    }

    /// <summary>The log ends here, and nobody appends: a clean stop, a recovery, a truncation.</summary>
    internal void WriteEnd(Offset logEnd)
    {
        if (logEnd > Offset.Zero)
        {
            ProducerSnapshots.Write(fileSystem, directory, logEnd, Table.Save());
        }
    }

    /// <summary>Nothing below is there any more.</summary>
    internal void DropBelow(Offset segmentBase)
    {
        Forget(offset => offset < segmentBase);
        ProducerSnapshots.DeleteBelow(fileSystem, directory, segmentBase);
    }

    /// <summary>Reads the state at the end of the log from the newest snapshot and the batches behind it.</summary>
    /// <param name="segments">The log; it ends at <paramref name="logEnd"/>.</param>
    /// <returns>The offset of the snapshot that it began with; null without one.</returns>
    internal Offset? Rebuild(SegmentList segments, Offset logEnd)
    {
        Forget(offset => offset > logEnd);
        Table.Clear();
        bool isEmpty = segments.Count == 1 && segments.Active.SizeInBytes == 0;
        if (!isEmpty)
        {
            // What was deleted with its segments may come back after a power loss, and does not lead up to what is left. Where
            // nothing is left, because the log start ran ahead of what was flushed, the newest is all that is known.
            ProducerSnapshots.DeleteBelow(fileSystem, directory, segments[0].BaseOffset);
        }

        (Offset Offset, string[] Entries)? snapshot = ProducerSnapshots.TryLoadLatest(fileSystem, directory, logEnd);
        Offset from = snapshot is { } found && Table.TryLoad(found.Entries) ? found.Offset : Offset.Zero;
        for (int i = Math.Max(0, segments.Find(from)); i < segments.Count; i++)
        {
            if (segments[i].BaseOffset > from)
            {
                Note(segments[i].BaseOffset);
            }

            Replay(segments[i], from);
        }

        return snapshot?.Offset;
    }

    /// <summary>The same, and written there, so that nothing that is deleted from now on was needed for it .</summary>
    internal void Keep(SegmentList segments, Offset logEnd)
    {
        if (Rebuild(segments, logEnd) != logEnd && Table.Count > 0)
        {
            WriteEnd(logEnd);
        }
    }

    /// <summary>The log is about to begin anew: nothing of what it was leads up to that start, so nothing of it may be found there.</summary>
    internal void BeginReset()
    {
        if (ProducerSnapshots.List(fileSystem, directory).Count > 0)
        {
            ProducerSnapshots.DeleteAbove(fileSystem, directory, new Offset(-1));
            fileSystem.SyncDirectory(directory);
        }
    }

    /// <summary>The log is empty.</summary>
    internal void Clear()
    {
        Table.Clear();
        _unwritten.Clear();
        ProducerSnapshots.DeleteAbove(fileSystem, directory, Offset.Zero);
    }

    private void Replay(LogSegment segment, Offset from)
    {
        if (segment.EndOffset <= from)
        {
            return;
        }

        long relative = Math.Max(0, from.Value - segment.BaseOffset.Value);
        long position = segment.Offsets.FloorByOffset(relative).Position;
        long appendedMs = segment.LastAppendMs;
        Span<byte> window = stackalloc byte[4096];
        var walk = new BatchWalk(segment.File, window);
        while (walk.TryRead(position, segment.SizeInBytes, out RecordBatchHeader header) == WalkStep.Batch)
        {
            if (header.BaseOffset >= from)
            {
                Table.Take(header, appendedMs);
            }

            position += header.SizeInBytes;
        }
    }

    private void Forget(Func<Offset, bool> isGone)
    {
        foreach (long offset in _unwritten.Keys)
        {
            if (isGone(new Offset(offset)))
            {
                _unwritten.TryRemove(offset, out _);
            }
        }
    }
}
