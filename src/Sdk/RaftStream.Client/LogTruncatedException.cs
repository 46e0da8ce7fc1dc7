using RaftStream.Model;

namespace RaftStream.Client;

/// <summary>
/// A log was cut below what a consumer has read (KIP-320): records that it gave out are gone, and others may stand at their offsets. That
/// happens after an unclean election, or when all in-sync replicas of a <c>flush=os</c> partition lost power together. Thrown only with
/// <see cref="OffsetReset.None"/>; the other policies go on at the cut without a word.
/// </summary>
/// <remarks>To go on, <see cref="Consumer.Seek"/> to <see cref="EndOffset"/>, or to wherever the application makes good what it did with the records.</remarks>
public sealed class LogTruncatedException : RaftStreamException
{
    /// <summary>A cut of <paramref name="partition"/> at <paramref name="endOffset"/>, below <paramref name="position"/>.</summary>
    public LogTruncatedException(NamedPartition partition, long position, long endOffset, Exception? innerException = null)
        : base(
            ErrorCode.OffsetOutOfRange,
            $"The log of {partition} was truncated to offset {endOffset}, below the position {position}: records that were read are gone. "
            + "Seek to the position from which to read again.",
            innerException)
    {
        (Partition, Position, EndOffset) = (partition, position, endOffset);
    }

    /// <summary>Which log.</summary>
    public NamedPartition Partition { get; }

    /// <summary>The offset that would have been read next.</summary>
    public long Position { get; }

    /// <summary>Everything below is what was read; what was read from here on is gone.</summary>
    public long EndOffset { get; }
}
