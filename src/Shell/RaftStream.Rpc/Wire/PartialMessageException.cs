namespace RaftStream.Rpc.Wire;

/// <summary>A marshaller failed after part of its message was written: the stream can only be reset.</summary>
internal sealed class PartialMessageException(Exception cause)
    : Exception("A marshaller failed after part of its message was written.", cause);
