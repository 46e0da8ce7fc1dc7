using RaftStream.Model;

namespace RaftStream.Broker.Producing;

/// <summary>How a produce request ended.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> is success. REQUEST_TIMED_OUT and NOT_LEADER_OR_FOLLOWER after an append mean that the outcome is unknown .</param>
/// <param name="Message">One sentence for people; null when there is nothing to add to the code.</param>
/// <param name="BaseOffset">First offset; -1 when not appended.</param>
/// <param name="LogAppendTimeMs">Time that the broker stamped, milliseconds since 1970; -1 when it kept the producer's.</param>
/// <param name="LogStartOffset">
/// First kept offset of the partition; -1 when unknown. Idempotent producers whose sequence is refused are told it: by it Kafka's know
/// whether they are forgotten because their records are gone (KIP-360).
/// </param>
public readonly record struct ProduceResult(
    ErrorCode Error, string? Message, Offset BaseOffset, long LogAppendTimeMs, Offset LogStartOffset)
{
    /// <summary>The record that is at fault, from 0 in its batch; null when the batch as a whole is, or nothing.</summary>
    public int? FaultyRecord { get; init; }

    /// <summary>An answer without an append.</summary>
    public static ProduceResult Failed(ErrorCode error, string? message = null) =>
        new(error, message, new Offset(-1), -1, new Offset(-1));
}

/// <summary>Takes the answers of produce requests.</summary>
public interface IProduceSink
{
    /// <summary>Called exactly once per request, on any thread, possibly before the append call has returned. Short; does not throw.</summary>
    /// <param name="requestId">What the request was called.</param>
    void OnProduced(ulong requestId, in ProduceResult result);
}
