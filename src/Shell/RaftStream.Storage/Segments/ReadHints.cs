namespace RaftStream.Storage.Segments;

/// <summary>Where recent reads of a segment ended: a reader that goes on from there needs no index.</summary>
/// <remarks>Any thread, no lock. Like index entries, hints are compared with the header they point at before they are believed.</remarks>
internal sealed class ReadHints
{
    private const int Bits = 3;

    private readonly long[] _places = new long[1 << Bits];

    /// <summary>Notes that the batch behind a run begins here.</summary>
    internal void Remember(BatchPlace place) =>
        Volatile.Write(ref _places[Slot(place.RelativeOffset)], new SegmentEnd(place.RelativeOffset, place.Position).Packed);

    /// <summary>The noted place of exactly this offset.</summary>
    internal bool TryGet(long relativeOffset, out BatchPlace place)
    {
        var noted = new SegmentEnd(Volatile.Read(ref _places[Slot(relativeOffset)]));
        place = new BatchPlace(noted.RelativeOffset, noted.Position);
        return place.RelativeOffset == relativeOffset && place.Position > 0;
    }

    private static int Slot(long relativeOffset) => (int)(((ulong)relativeOffset * 0x9E3779B97F4A7C15) >> (64 - Bits));
}
