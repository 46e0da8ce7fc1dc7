namespace RaftStream.Kafka.Protocol;

/// <summary>What is wrong with bytes from a peer.</summary>
public enum KafkaProtocolError
{
    /// <summary>A value or a length goes beyond the end of the frame.</summary>
    Truncated,

    /// <summary>Bytes are left after the last field.</summary>
    TrailingBytes,

    /// <summary>A length, a count or a tag number is negative or does not fit 32 bits.</summary>
    BadLength,

    /// <summary>A length or a count is above the limit that the caller set.</summary>
    OverLimit,

    /// <summary>Null where this version allows none.</summary>
    UnexpectedNull,

    /// <summary>A string is no UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Tags do not ascend, come twice, or a tagged field is not as long as it says.</summary>
    BadTag,

    /// <summary>The codec does not know this version of the message.</summary>
    UnsupportedVersion,
}

/// <summary>Bytes from a peer that are no message. The only exception that reading throws: close the connection or answer with an error.</summary>
/// <param name="error">The kind of fault.</param>
/// <param name="field">Message and field, for example "FetchRequest.FetchTopic.Partitions".</param>
/// <param name="offset">Bytes of the frame before the fault.</param>
/// <param name="message">A sentence with all of it.</param>
public sealed class KafkaProtocolException(KafkaProtocolError error, string field, int offset, string message) : Exception(message)
{
    /// <summary>The kind of fault.</summary>
    public KafkaProtocolError Error { get; } = error;

    /// <summary>Message and field, for example "FetchRequest.FetchTopic.Partitions".</summary>
    public string Field { get; } = field;

    /// <summary>Bytes of the frame before the fault.</summary>
    public int Offset { get; } = offset;
}
