using RaftStream.Model;

namespace RaftStream.Rpc.Http2.Buffers;

/// <summary>The bytes of one stream on their way out: appended by its writer, taken by the sender, freed once sent.</summary>
/// <remarks>
/// <code>
/// ... freed | taken, in the socket's hands | waiting | (not yet)
///           ^ SentBytes                    ^ TakenBytes  ^ AppendedBytes
/// </code>
/// Positions count from the start of the stream. Its owner locks. A ring of segments that grows and stays.
/// </remarks>
internal sealed class SendQueue
{
    private Segment[] _ring = new Segment[4];
    private int _first;
    private int _count;
    private int _taking;      // index from _first of the segment that is taken from
    private int _takingAt;    // offset in it
    private long _freedBytes; // position at which the oldest segment begins

    /// <summary>Exclusive end of what was appended.</summary>
    public long AppendedBytes { get; private set; }

    /// <summary>Exclusive end of what the sender took.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>Exclusive end of what the socket has taken over, so that its memory is free again.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Bytes that wait for the sender.</summary>
    public long WaitingBytes => AppendedBytes - TakenBytes;

    /// <summary>Adds bytes to the end.</summary>
    /// <param name="owner">Counted once more here and released when sent; null when the bytes are borrowed.</param>
    public void Append(ArraySegment<byte> bytes, CountedBuffer? owner)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        AppendedBytes += bytes.Count;
        if (_count > 0)
        {
            // Small messages of one buffer follow each other: one segment, and so one DATA frame, for many of them.
            ref Segment last = ref At(_count - 1);
            if (owner is not null && last.Owner == owner && last.Bytes.Offset + last.Bytes.Count == bytes.Offset)
            {
                last.Bytes = new ArraySegment<byte>(last.Bytes.Array!, last.Bytes.Offset, last.Bytes.Count + bytes.Count);
                return;
            }
        }

        if (_count == _ring.Length)
        {
            Grow();
        }

        owner?.Retain();
        At(_count++) = new Segment { Bytes = bytes, Owner = owner };
    }

    /// <summary>The next piece for the socket, at most <paramref name="maxBytes"/> and at most what waits.</summary>
    public ArraySegment<byte> Take(int maxBytes)
    {
        Invariant.Check(maxBytes > 0 && WaitingBytes > 0);
        while (_takingAt == At(_taking).Bytes.Count)
        {
            _taking++;
            _takingAt = 0;
        }

        ArraySegment<byte> bytes = At(_taking).Bytes;
        ArraySegment<byte> piece = bytes.Slice(_takingAt, Math.Min(maxBytes, bytes.Count - _takingAt));
        _takingAt += piece.Count;
        TakenBytes += piece.Count;
        return piece;
    }

    /// <summary>The oldest <paramref name="bytes"/> that were taken are out of our hands: lets go of their memory.</summary>
    public void OnSent(int bytes)
    {
        SentBytes += bytes;
        Invariant.Check(SentBytes <= TakenBytes);
        FreeSent();
    }

    /// <summary>Drops what waits. What the socket has in its hands stays until <see cref="OnSent"/>.</summary>
    public void DropWaiting()
    {
        while (_count > _taking + 1)
        {
            At(--_count).Free();
        }

        if (_count > _taking)
        {
            ref Segment partly = ref At(_taking);
            partly.Bytes = partly.Bytes[.._takingAt];
        }

        AppendedBytes = TakenBytes;
        FreeSent();
    }

    private void FreeSent()
    {
        while (_count > 0)
        {
            ref Segment oldest = ref At(0);
            long end = _freedBytes + oldest.Bytes.Count;
            if (end > SentBytes)
            {
                return;
            }

            oldest.Free();
            _freedBytes = end;
            _first = (_first + 1) & (_ring.Length - 1);
            _count--;
            if (_taking > 0)
            {
                _taking--;
            }
            else
            {
                _takingAt = 0;
            }
        }
    }

    private ref Segment At(int index) => ref _ring[(_first + index) & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new Segment[_ring.Length * 2];
        for (int i = 0; i < _count; i++)
        {
            larger[i] = At(i);
        }

        _ring = larger;
        _first = 0;
    }

    private struct Segment
    {
        public ArraySegment<byte> Bytes;
        public CountedBuffer? Owner;

        public void Free()
        {
            Owner?.Release();
            this = default;
        }
    }
}
