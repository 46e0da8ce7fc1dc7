using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;

namespace RaftStream.Quorum.Storage;

/// <summary>Data batches of the metadata log: records with a value each and nothing else.</summary>
internal static class BatchValues
{
    internal static ReadOnlyMemory<byte> Encode(IReadOnlyList<ReadOnlyMemory<byte>> values, long nowMs)
    {
        Invariant.Check(values.Count > 0);
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = BatchParser.MaxBatchBytes });
        foreach (ReadOnlyMemory<byte> value in values)
        {
            Invariant.Check(builder.TryAppend(nowMs, OptionalBytes.Null, value));
        }

        Invariant.Check(builder.SizeInBytes <= BatchParser.MaxBatchBytes);
        return builder.Build().ToArray();
    }

    internal static ImmutableArray<ReadOnlyMemory<byte>> Of(LogBatch batch)
    {
        var values = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        RecordBatchHeader? header = BatchParser.Walk(batch.Bytes, (in RecordBatchHeader header, in RecordView record) =>
        {
            if (!header.IsControl)
            {
                values.Add(record.Value.Span.ToArray());
            }
        });
        Invariant.Check(header is not null);
        return values.ToImmutable();
    }
}
