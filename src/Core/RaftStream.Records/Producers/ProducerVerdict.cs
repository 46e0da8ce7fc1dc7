using RaftStream.Model;

namespace RaftStream.Records.Producers;

/// <summary>What a leader does with a batch of an idempotent producer (G-3.4).</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> unless it is refused.</param>
/// <param name="Original">The batch that is in the log already; null when this one is new.</param>
/// <param name="Reason">One sentence for people, when it is refused.</param>
public readonly record struct ProducerVerdict(ErrorCode Error, ProducedBatch? Original, string? Reason)
{
    internal static ProducerVerdict Accepted => default;

    internal static ProducerVerdict Duplicate(in ProducedBatch original) => new(ErrorCode.None, original, null);

    internal static ProducerVerdict Refused(ErrorCode error, string reason) => new(error, null, reason);
}
