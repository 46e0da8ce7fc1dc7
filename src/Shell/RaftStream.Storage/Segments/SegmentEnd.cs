namespace RaftStream.Storage.Segments;

/// <summary>Where a segment ends, as one number: offset and file position that belong together.</summary>
/// <remarks>
/// Readers run beside the appender without a lock: one 64-bit read gives both, so that they never see a position of one
/// append with the offset of another. High half: end offset minus base offset; low half: bytes.
/// </remarks>
internal readonly record struct SegmentEnd(long Packed)
{
    internal SegmentEnd(long relativeOffset, long position)
        : this((relativeOffset << 32) | position)
    {
    }

    /// <summary>End offset (exclusive) minus the segment's base offset.</summary>
    internal long RelativeOffset => (long)((ulong)Packed >> 32);

    /// <summary>File position behind the last batch.</summary>
    internal long Position => Packed & uint.MaxValue;
}
