using RaftStream.Model;

namespace RaftStream.Simulation.Disk;

/// <summary>The bytes of one simulated file twice: as programs read them, and as they would be after a power loss.</summary>
/// <remarks>
/// A write changes only the cache and marks 512-byte sectors dirty. A flush copies dirty sectors, and only those, to the
/// durable bytes: a sector whose write-back failed is clean afterwards and stays lost, although reads still show it
/// (F-4, the ATC'20 paper on fsync failures).
/// </remarks>
internal sealed class SimulatedContent
{
    /// <summary>What a disk writes whole or not at all.</summary>
    internal const int SectorBytes = 512;

    private readonly SortedSet<int> _dirty = [];
    private byte[] _cache = [];
    private byte[] _durable = [];
    private int _lowestLength; // since the last flush: a truncation that may be lost or kept

    internal int Length { get; private set; }

    internal int DurableLength { get; private set; }

    internal long LastWriteTimeMs { get; set; }

    /// <summary>True when a power loss could change the file.</summary>
    internal bool IsDirty => _dirty.Count > 0 || Length != DurableLength || _lowestLength < DurableLength;

    internal ReadOnlySpan<byte> Cached => _cache.AsSpan(0, Length);

    internal ReadOnlySpan<byte> Durable => _durable.AsSpan(0, DurableLength);

    internal int Read(Span<byte> destination, long position)
    {
        int count = (int)Math.Clamp(Length - position, 0, destination.Length);
        _cache.AsSpan((int)Math.Min(position, Length), count).CopyTo(destination);
        return count;
    }

    internal void Write(ReadOnlySpan<byte> source, long position)
    {
        if (source.IsEmpty)
        {
            return;
        }

        int end = checked((int)position + source.Length);
        if (end > Length)
        {
            SetLength(end);
        }

        source.CopyTo(_cache.AsSpan((int)position));
        MarkDirty((int)position, end);
    }

    internal void SetLength(int length)
    {
        if (length > Length)
        {
            Grow(ref _cache, length);
            _cache.AsSpan(Length, length - Length).Clear();
            MarkDirty(Length, length);
        }

        _dirty.RemoveWhere(sector => sector * SectorBytes >= length);
        Length = length;
        _lowestLength = Math.Min(_lowestLength, length);
    }

    /// <summary>A flush that works: the dirty sectors and the length are durable.</summary>
    internal void Flush()
    {
        Grow(ref _durable, Length);
        if (DurableLength < Length)
        {
            _durable.AsSpan(DurableLength, Length - DurableLength).Clear();
        }

        foreach (int sector in _dirty)
        {
            CopySector(_cache, Length, _durable, sector);
        }

        DurableLength = Length;
        _lowestLength = Length;
        _dirty.Clear();
    }

    /// <summary>A flush that fails: some sectors got through, the others are forgotten; all count as clean.</summary>
    internal void FailFlush(Prng random)
    {
        SortedSet<int> written = [.. _dirty.Where(_ => random.OneIn(3))];
        _dirty.Clear();
        _dirty.UnionWith(written);
        Flush();
    }

    /// <summary>The kernel drops cached pages that it takes for clean: reads now show what is on the disk.</summary>
    internal void EvictCleanPages()
    {
        for (int sector = 0; sector * SectorBytes < Length; sector++)
        {
            if (!_dirty.Contains(sector))
            {
                CopySector(_durable, DurableLength, _cache, sector);
            }
        }
    }

    /// <summary>Flips one bit where it hurts: in the cache and on the disk (F-5).</summary>
    internal void FlipBit(long bit)
    {
        int at = (int)(bit / 8);
        byte mask = (byte)(1 << (int)(bit % 8));
        _cache[at] ^= mask;
        if (at < DurableLength)
        {
            _durable[at] ^= mask;
        }
    }

    /// <summary>What a power loss now leaves, one of many possibilities (F-3).</summary>
    internal SimulatedContent CrashImage(Prng random)
    {
        if (!IsDirty)
        {
            return OfBytes(Durable, LastWriteTimeMs);
        }

        return random.Next(4) switch
        {
            0 => OfBytes(Durable, LastWriteTimeMs),
            1 => OfBytes(Mix(Length, _ => SectorFate.New), LastWriteTimeMs),
            2 => CutSuffix(random),
            _ => Scatter(random),
        };
    }

    /// <summary>The unsynced part survives up to a random byte.</summary>
    private SimulatedContent CutSuffix(Prng random)
    {
        int low = Math.Min(_lowestLength, DurableLength);
        int high = Math.Max(Length, low);
        int length = (int)random.Next(low, high + 1);
        return OfBytes(Mix(length, _ => SectorFate.New), LastWriteTimeMs);
    }

    /// <summary>Each dirty sector is new, old or zero by itself, and so is the length.</summary>
    private SimulatedContent Scatter(Prng random)
    {
        int low = Math.Min(_lowestLength, DurableLength);
        int high = Math.Max(Length, DurableLength);
        int length = random.Next(3) switch
        {
            0 => DurableLength,
            1 => Length,
            _ => (int)random.Next(low, high + 1),
        };
        int oneIn = 2 + random.Next(4);
        return OfBytes(Mix(length, _ => random.OneIn(oneIn) ? SectorFate.Lost : SectorFate.New), LastWriteTimeMs);
    }

    private byte[] Mix(int length, Func<int, SectorFate> fateOf)
    {
        byte[] image = new byte[length];
        for (int sector = 0; sector * SectorBytes < length; sector++)
        {
            bool isNew = _dirty.Contains(sector) && fateOf(sector) == SectorFate.New;
            int from = sector * SectorBytes;
            int to = Math.Min(from + SectorBytes, length);
            if (isNew)
            {
                CopyRange(_cache, Length, image, from, to);
            }
            else
            {
                // Old where the disk had something, zero where it had not; a cut that was lost shows the old bytes again.
                CopyRange(_durable, DurableLength, image, from, to);
            }
        }

        return image;
    }

    private static SimulatedContent OfBytes(ReadOnlySpan<byte> bytes, long lastWriteTimeMs) => new()
    {
        _cache = bytes.ToArray(),
        _durable = bytes.ToArray(),
        Length = bytes.Length,
        DurableLength = bytes.Length,
        _lowestLength = bytes.Length,
        LastWriteTimeMs = lastWriteTimeMs,
    };

    private void MarkDirty(int from, int to)
    {
        for (int sector = from / SectorBytes; sector * SectorBytes < to; sector++)
        {
            _dirty.Add(sector);
        }
    }

    private static void CopySector(byte[] source, int sourceLength, byte[] target, int sector)
    {
        int from = sector * SectorBytes;
        CopyRange(source, sourceLength, target, from, Math.Min(from + SectorBytes, target.Length));
    }

    private static void CopyRange(byte[] source, int sourceLength, byte[] target, int from, int to)
    {
        int copied = Math.Clamp(sourceLength - from, 0, Math.Max(0, to - from));
        source.AsSpan(Math.Min(from, source.Length), copied).CopyTo(target.AsSpan(from));
        if (from + copied < to)
        {
            target.AsSpan(from + copied, to - from - copied).Clear();
        }
    }

    private static void Grow(ref byte[] bytes, int length)
    {
        if (bytes.Length < length)
        {
            Array.Resize(ref bytes, Math.Max(length, bytes.Length * 2));
        }
    }

    private enum SectorFate
    {
        New,
        Lost,
    }
}
