namespace RaftStream.Records;

/// <summary>Takes content in pieces, in order, as it is decompressed.</summary>
internal interface IPieceSink
{
    /// <summary>Takes the next piece.</summary>
    /// <param name="piece">Borrowed until the call returns; may be empty.</param>
    void Take(ReadOnlySpan<byte> piece);
}
