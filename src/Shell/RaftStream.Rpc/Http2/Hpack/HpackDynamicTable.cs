namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>The entries that a peer asked us to remember, newest first (RFC 7541 §2.3.2, §4).</summary>
/// <remarks>A ring. Its size never passes the size that the peer set last, and that one never passes our limit.</remarks>
internal sealed class HpackDynamicTable
{
    private readonly HeaderField[] _ring;
    private int _newest;
    private int _size;

    /// <summary>An empty table that may grow to <paramref name="limitBytes"/> (our SETTINGS_HEADER_TABLE_SIZE).</summary>
    public HpackDynamicTable(int limitBytes)
    {
        LimitBytes = limitBytes;
        MaxSizeBytes = limitBytes;

        // The smallest entry counts 32 bytes, so the ring can never be asked for more places than this.
        _ring = new HeaderField[Math.Max(1, limitBytes / HeaderField.OverheadBytes)];
    }

    /// <summary>What we announced; the peer may use less, never more.</summary>
    public int LimitBytes { get; }

    /// <summary>What the peer uses, bytes.</summary>
    public int MaxSizeBytes { get; private set; }

    /// <summary>Entries held now.</summary>
    public int Count { get; private set; }

    /// <summary>The entry at <paramref name="position"/>, 0 the newest.</summary>
    public HeaderField Get(int position) => _ring[(_newest - position + _ring.Length) % _ring.Length];

    /// <summary>Drops old entries until this one fits, then adds it. One that never fits empties the table (§4.4).</summary>
    public void Add(HeaderField field)
    {
        int size = field.SizeInBytes;
        if (size > MaxSizeBytes)
        {
            EvictTo(0);
            return;
        }

        EvictTo(MaxSizeBytes - size);
        _newest = (_newest + 1) % _ring.Length;
        _ring[_newest] = field;
        _size += size;
        Count++;
    }

    /// <summary>Carries out a dynamic table size update (§6.3).</summary>
    /// <exception cref="HpackException">Above our limit.</exception>
    public void Resize(int maxSizeBytes)
    {
        if (maxSizeBytes > LimitBytes)
        {
            throw new HpackException($"The peer wants a header table of {maxSizeBytes} bytes; we allow {LimitBytes}.");
        }

        MaxSizeBytes = maxSizeBytes;
        EvictTo(maxSizeBytes);
    }

    private void EvictTo(int size)
    {
        while (_size > size)
        {
            int oldest = (_newest - Count + 1 + _ring.Length) % _ring.Length;
            _size -= _ring[oldest].SizeInBytes;
            _ring[oldest] = default;
            Count--;
        }
    }
}
