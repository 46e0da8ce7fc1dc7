using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>One file of batches with its two indexes; kept open while the log or any reader holds a lease on it.</summary>
/// <remarks>
/// Threads: one appender; readers take <see cref="End"/> once and stay below it. A lease keeps the files open, so that
/// a deleted segment stays readable until the last reader is done.
/// </remarks>
internal sealed class LogSegment
{
    /// <summary>Largest offset distance that an index entry can hold .</summary>
    internal const long MaxRelativeOffset = int.MaxValue;

    private readonly IFileSystem _fileSystem;
    private readonly string _directory;
    private long _end;
    private int _leases = 1;
    private int _truncations;
    private long _lowestCut = long.MaxValue;
    private long _bytesSinceIndexEntry;
    private long _lastAppendMs = -1;
    private TimePlace _largest = TimePlace.None;

    internal LogSegment(IFileSystem fileSystem, string directory, Offset baseOffset, IFile file)
    {
        _fileSystem = fileSystem;
        _directory = directory;
        BaseOffset = baseOffset;
        File = file;
        Offsets = new OffsetIndex(fileSystem, SegmentFiles.Path(directory, baseOffset, SegmentFiles.OffsetIndex));
        Times = new TimeIndex(fileSystem, SegmentFiles.Path(directory, baseOffset, SegmentFiles.TimeIndex));
    }

    internal Offset BaseOffset { get; }

    internal IFile File { get; }

    internal OffsetIndex Offsets { get; }

    internal TimeIndex Times { get; }

    /// <summary>Where sequential readers go on.</summary>
    internal ReadHints Hints { get; } = new();

    internal string LogPath => SegmentFiles.Path(_directory, BaseOffset, SegmentFiles.Log);

    /// <summary>What is appended and readable. One consistent pair; any thread.</summary>
    internal SegmentEnd End => new(Volatile.Read(ref _end));

    /// <summary>The offset behind the last batch. Any thread.</summary>
    internal Offset EndOffset => BaseOffset.Plus(End.RelativeOffset);

    /// <summary>Bytes of batches. Any thread.</summary>
    internal long SizeInBytes => End.Position;

    /// <summary>Largest timestamp among all batches of a closed segment, and who has it.</summary>
    internal TimePlace Largest => Times.Last;

    /// <summary>Largest timestamp of the first batch: what the age of the segment counts from. -1 while empty.</summary>
    internal long FirstTimestampMs { get; private set; } = RecordBatchHeader.NoTimestamp;

    /// <summary>Wall time of the last append, for retention: after a restart the file's own time.</summary>
    internal long LastAppendMs => _lastAppendMs >= 0 ? _lastAppendMs : _fileSystem.LastWriteTimeMs(LogPath);

    /// <summary>True once both index files are complete and durable: nothing will be added. Flusher, under the flush lock.</summary>
    internal bool IsSealed { get; set; }

    /// <summary>How often the segment was cut while open; a reader compares it with what it saw before (see <see cref="IsIntact"/>).</summary>
    internal int Truncations => Volatile.Read(ref _truncations);

    /// <summary>Takes a lease; false when the segment is closed already, then a newer segment list exists.</summary>
    internal bool TryAcquire()
    {
        int leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            int seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    /// <summary>Gives a lease back; the last one closes the files.</summary>
    internal void Release()
    {
        int left = Interlocked.Decrement(ref _leases);
        Invariant.Check(left >= 0);
        if (left == 0)
        {
            File.Dispose();
            Offsets.Dispose();
            Times.Dispose();
        }
    }

    /// <summary>Writes one batch behind the others and publishes it.</summary>
    /// <param name="head">The first bytes of the batch, final.</param>
    /// <param name="rest">The others.</param>
    /// <param name="header">What <paramref name="head"/> says.</param>
    internal void Append(
        ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, in RecordBatchHeader header, int indexIntervalBytes, long nowMs)
    {
        SegmentEnd end = End;
        long relative = header.BaseOffset.Value - BaseOffset.Value;
        Invariant.Check(relative >= end.RelativeOffset);
        File.Write(head, rest, end.Position);
        NoteBatch(new BatchPlace(relative, end.Position), header, indexIntervalBytes);
        _lastAppendMs = nowMs;
        Publish(new SegmentEnd(header.NextOffset.Value - BaseOffset.Value, end.Position + header.SizeInBytes));
    }

    /// <summary>Writes whole batches, offsets and epochs as they are, and publishes them together.</summary>
    internal void AppendRun(in ReadOnlySequence<byte> batches, int indexIntervalBytes, long nowMs)
    {
        SegmentEnd end = End;
        File.Write([], batches, end.Position);
        long at = 0;
        long relativeEnd = end.RelativeOffset;
        while (RecordBatchHeader.TryRead(batches.Slice(at), out RecordBatchHeader header))
        {
            long relative = header.BaseOffset.Value - BaseOffset.Value;
            Invariant.Check(relative >= relativeEnd);
            NoteBatch(new BatchPlace(relative, end.Position + at), header, indexIntervalBytes);
            relativeEnd = header.NextOffset.Value - BaseOffset.Value;
            at += header.SizeInBytes;
        }

        _lastAppendMs = nowMs;
        Publish(new SegmentEnd(relativeEnd, end.Position + at));
    }

    /// <summary>Notes a batch that is on the file already: index entries, timestamps. Recovery and appender.</summary>
    internal void NoteBatch(BatchPlace place, in RecordBatchHeader header, int indexIntervalBytes)
    {
        if (place.Position == 0)
        {
            FirstTimestampMs = header.MaxTimestamp;
        }

        if (header.MaxTimestamp > _largest.TimestampMs)
        {
            _largest = new TimePlace(header.MaxTimestamp, place.RelativeOffset);
        }

        if (_bytesSinceIndexEntry >= indexIntervalBytes && place.Position > 0)
        {
            Offsets.Add(place);
            Times.AddIfLater(_largest);
            _bytesSinceIndexEntry = 0;
        }

        _bytesSinceIndexEntry += header.SizeInBytes;
    }

    /// <summary>Notes the first batch of a segment that is taken over in the middle.</summary>
    internal void NoteFirst(in RecordBatchHeader first) => FirstTimestampMs = first.MaxTimestamp;

    /// <summary>Sets what is readable.</summary>
    internal void Publish(SegmentEnd end) => Volatile.Write(ref _end, end.Packed);

    /// <summary>Completes the time index before the next segment begins: its last entry is the segment's largest timestamp.</summary>
    internal void Close() => Times.AddIfLater(_largest);

    /// <summary>Makes the entries so far durable. Flusher, under the flush lock.</summary>
    internal void PersistIndexes()
    {
        Offsets.Persist();
        Times.Persist();
    }

    /// <summary>Makes both index files of a closed segment complete and durable, once. Flusher, under the flush lock.</summary>
    internal void Seal()
    {
        if (!IsSealed)
        {
            Offsets.Seal();
            Times.Seal();
            IsSealed = true;
        }
    }

    /// <summary>Takes an existing closed segment as it is: everything in it was flushed, indexes included. Opens no index yet.</summary>
    internal void TrustAsClosed(SegmentEnd end)
    {
        UseIndexFiles();
        IsSealed = true;
        Publish(end);
    }

    /// <summary>Takes the index files as they are; without it a segment begins with empty ones.</summary>
    internal void UseIndexFiles()
    {
        Offsets.UseFile();
        Times.UseFile();
    }

    /// <summary>Cuts the indexes to a position and counts on from there: what to do before batches are appended or noted again.</summary>
    /// <returns>The last indexed batch that is left: note the batches from there on.</returns>
    internal BatchPlace ResumeIndexes(SegmentEnd end, bool sabotaged = false)
    {
        if (!sabotaged)
        {
            Offsets.TruncateTo(end.RelativeOffset, end.Position);
            Times.TruncateTo(end.RelativeOffset);
        }

        BatchPlace last = Offsets.Last;
        _largest = Times.Last;
        IsSealed = false;
        _bytesSinceIndexEntry = 0;
        return last;
    }

    /// <summary>Says that bytes from <paramref name="position"/> on are about to change. Called before they do.</summary>
    internal void BeginTruncation(long position)
    {
        _lowestCut = Math.Min(_lowestCut, position);
        Interlocked.Increment(ref _truncations);
    }

    /// <summary>True when bytes below <paramref name="end"/>, read after <paramref name="truncations"/> was seen, are what they were then.</summary>
    internal bool IsIntact(int truncations, long end)
    {
        // A read that raced with a cut finds the counter moved, since it moves before the file changes.
        Interlocked.MemoryBarrier();
        return Truncations == truncations || end <= Volatile.Read(ref _lowestCut);
    }
}
