namespace RaftStream.Client.Consuming;

/// <summary>One piece of news on its way from a session to the reader: batches, a jump, a failure, or just the high watermark.</summary>
internal sealed class FetchedChunk
{
    private FetchedAnswer? _answer;

    /// <summary>News without batches.</summary>
    public FetchedChunk(FetchCursor cursor) => Cursor = cursor;

    /// <summary>An answer, which the chunk owns from now on; its length was taken from the budget.</summary>
    public FetchedChunk(FetchCursor cursor, FetchedAnswer answer)
    {
        Cursor = cursor;
        HighWatermark = answer.Reply.Records.HighWatermark;
        Batches = answer.Batches;
        _answer = answer;
    }

    /// <summary>The stretch that it belongs to.</summary>
    public FetchCursor Cursor { get; }

    /// <summary>Whole batches, one after another; possibly none. Valid until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Batches { get; private set; }

    /// <summary>The high watermark when it was read; -1 is not known.</summary>
    public long HighWatermark { get; } = -1;

    /// <summary>The position jumps here: the records in between are gone, or the log was cut. Null is no jump.</summary>
    public long? MovedTo { get; init; }

    /// <summary>The stretch ends here; null is that it does not.</summary>
    public RaftStreamException? Failure { get; init; }

    /// <summary>Gives the memory back; the batches must not be used any more.</summary>
    /// <returns>Bytes to give back to the budget.</returns>
    public int Release()
    {
        int length = Batches.Length;
        Batches = default;
        _answer?.Dispose();
        _answer = null;
        return length;
    }
}
