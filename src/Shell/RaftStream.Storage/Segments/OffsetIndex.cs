using System.Buffers.Binary;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>One index entry: the batch at <paramref name="Position"/> begins at base + <paramref name="RelativeOffset"/>.</summary>
internal readonly record struct BatchPlace(long RelativeOffset, long Position)
{
    /// <summary>The segment's first byte: the floor of every look-up, and no entry of the file.</summary>
    internal static BatchPlace Start => default;
}

/// <summary>Sparse map from offsets to file positions, in Kafka's file format.</summary>
/// <remarks>
/// <code>
/// at size   big-endian
///  0   4    first offset of a batch, minus the segment's base offset; above 0
///  4   4    file position of that batch; above 0
/// </code>
/// Kafka notes the batch's last offset; its first one lets a look-up hit the batch itself, and Kafka's own reader takes
/// it as well. An entry is a hint: who uses it compares it with the batch header found at the position, so that a
/// damaged or outdated entry costs time, never a wrong answer (P79, F-5).
/// </remarks>
internal sealed class OffsetIndex(IFileSystem fileSystem, string path) : IDisposable
{
    internal const int EntryBytes = 8;
    private const int EntriesPerRead = 256;

    private readonly SparseIndexFile _entries = new(fileSystem, path, EntryBytes);

    internal int Count => _entries.Count;

    /// <summary>Takes what the file holds.</summary>
    internal void UseFile() => _entries.UseFile();

    internal void Add(BatchPlace place)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)place.RelativeOffset);
        BinaryPrimitives.WriteUInt32BigEndian(entry[4..], (uint)place.Position);
        _entries.Add(entry);
    }

    /// <summary>The last indexed batch that begins at or before the offset.</summary>
    internal BatchPlace FloorByOffset(long relativeOffset) => Floor<OffsetKey>(relativeOffset);

    /// <summary>The last indexed batch that begins at or before the position.</summary>
    internal BatchPlace FloorByPosition(long position) => Floor<PositionKey>(position);

    /// <summary>The newest entry.</summary>
    internal BatchPlace Last
    {
        get
        {
            Span<byte> entry = stackalloc byte[EntryBytes];
            return _entries.TryRead(_entries.Count - 1, entry) ? Decode(entry) : BatchPlace.Start;
        }
    }

    /// <summary>Keeps entries of batches that begin below both limits, up to the first one that is out of order.</summary>
    /// <remarks>Out of order are zeros where a write was lost, and entries of a log that was truncated (P79).</remarks>
    internal void TruncateTo(long endRelativeOffset, long endPosition)
    {
        Span<byte> entries = stackalloc byte[EntriesPerRead * EntryBytes];
        BatchPlace previous = BatchPlace.Start;
        int kept = 0;
        bool inOrder = true;
        for (int read; inOrder && (read = _entries.Read(kept, entries)) > 0;)
        {
            for (int i = 0; i < read && inOrder; i++)
            {
                BatchPlace place = Decode(entries[(i * EntryBytes)..]);
                inOrder = place.RelativeOffset > previous.RelativeOffset && place.Position > previous.Position
                    && place.RelativeOffset < endRelativeOffset && place.Position < endPosition;
                previous = place;
                kept += inOrder ? 1 : 0;
            }
        }

        _entries.Truncate(kept);
    }

    internal void Persist() => _entries.Persist();

    internal void Seal() => _entries.Seal();

    public void Dispose() => _entries.Dispose();

    private BatchPlace Floor<TKey>(long key)
        where TKey : IEntryKey
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        return _entries.TryFloor<TKey>(key, entry) ? Decode(entry) : BatchPlace.Start;
    }

    private static BatchPlace Decode(ReadOnlySpan<byte> entry) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[4..]));

    private readonly struct OffsetKey : IEntryKey
    {
        public static long Of(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt32BigEndian(entry);
    }

    private readonly struct PositionKey : IEntryKey
    {
        public static long Of(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt32BigEndian(entry[4..]);
    }
}
