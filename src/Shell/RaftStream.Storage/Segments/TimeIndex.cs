using System.Buffers.Binary;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>One time-index entry: up to its index point no batch is later than <paramref name="TimestampMs"/>, which the batch at base + <paramref name="RelativeOffset"/> has.</summary>
internal readonly record struct TimePlace(long TimestampMs, long RelativeOffset)
{
    /// <summary>Before any batch.</summary>
    internal static readonly TimePlace None = new(-1, 0);
}

/// <summary>Sparse map from timestamps to offsets, in Kafka's file format.</summary>
/// <remarks>
/// <code>
/// at size   big-endian
///  0   8    largest timestamp so far, milliseconds since 1970; grows from entry to entry
///  8   4    first offset of the batch that has it, minus the segment's base offset
/// </code>
/// The last entry of a closed segment gives the segment's largest timestamp, which retention and look-ups go by.
/// </remarks>
internal sealed class TimeIndex(IFileSystem fileSystem, string path) : IDisposable
{
    internal const int EntryBytes = 12;
    private const int EntriesPerRead = 256;

    private readonly SparseIndexFile _entries = new(fileSystem, path, EntryBytes);

    internal int Count => _entries.Count;

    /// <summary>Takes what the file holds.</summary>
    internal void UseFile() => _entries.UseFile();

    /// <summary>Adds an entry when it is later than the newest one.</summary>
    internal void AddIfLater(TimePlace place)
    {
        if (place.TimestampMs <= Last.TimestampMs)
        {
            return;
        }

        Span<byte> entry = stackalloc byte[EntryBytes];
        BinaryPrimitives.WriteInt64BigEndian(entry, place.TimestampMs);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], (uint)place.RelativeOffset);
        _entries.Add(entry);
    }

    /// <summary>The last entry earlier than the timestamp.</summary>
    internal TimePlace Below(long timestampMs)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        return _entries.TryFloor<TimestampKey>(timestampMs - 1, entry) ? Decode(entry) : TimePlace.None;
    }

    /// <summary>The last entry whose batch begins at or before the offset.</summary>
    internal TimePlace FloorByOffset(long relativeOffset)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        return _entries.TryFloor<OffsetKey>(relativeOffset, entry) ? Decode(entry) : TimePlace.None;
    }

    /// <summary>The newest entry.</summary>
    internal TimePlace Last
    {
        get
        {
            Span<byte> entry = stackalloc byte[EntryBytes];
            return _entries.TryRead(_entries.Count - 1, entry) ? Decode(entry) : TimePlace.None;
        }
    }

    /// <summary>Keeps entries of batches that begin below the offset, up to the first one that is out of order.</summary>
    internal void TruncateTo(long endRelativeOffset)
    {
        Span<byte> entries = stackalloc byte[EntriesPerRead * EntryBytes];
        TimePlace previous = TimePlace.None;
        int kept = 0;
        bool inOrder = true;
        for (int read; inOrder && (read = _entries.Read(kept, entries)) > 0;)
        {
            for (int i = 0; i < read && inOrder; i++)
            {
                TimePlace place = Decode(entries[(i * EntryBytes)..]);
                inOrder = place.TimestampMs > previous.TimestampMs
                    && (kept == 0 || place.RelativeOffset > previous.RelativeOffset)
                    && place.RelativeOffset < endRelativeOffset;
                previous = place;
                kept += inOrder ? 1 : 0;
            }
        }

        _entries.Truncate(kept);
    }

    internal void Persist() => _entries.Persist();

    internal void Seal() => _entries.Seal();

    public void Dispose() => _entries.Dispose();

    private static TimePlace Decode(ReadOnlySpan<byte> entry) =>
        new(BinaryPrimitives.ReadInt64BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[8..]));

    private readonly struct TimestampKey : IEntryKey
    {
        public static long Of(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry);
    }

    private readonly struct OffsetKey : IEntryKey
    {
        public static long Of(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt32BigEndian(entry[8..]);
    }
}
