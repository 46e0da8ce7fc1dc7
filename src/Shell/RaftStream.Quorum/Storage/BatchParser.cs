using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;

namespace RaftStream.Quorum.Storage;

/// <summary>Takes bytes of the metadata log apart into batches; trusts nothing (C-4.8).</summary>
internal static class BatchParser
{
    /// <summary>No batch of the metadata log is larger (C-4.1); room for the header and one large record.</summary>
    internal const int MaxBatchBytes = 16 << 20;

    /// <summary>Whole sound batches from the front; stops at the first that is not.</summary>
    internal static ImmutableArray<LogBatch> Parse(ReadOnlyMemory<byte> bytes)
    {
        var batches = ImmutableArray.CreateBuilder<LogBatch>();
        while (TryReadFirst(bytes) is { } batch)
        {
            batches.Add(batch);
            bytes = bytes[batch.Bytes.Length..];
        }

        return batches.ToImmutable();
    }

    /// <summary>The batch at the front; null when it is cut or damaged in any way.</summary>
    internal static LogBatch? TryReadFirst(ReadOnlyMemory<byte> bytes)
    {
        var control = ImmutableArray.CreateBuilder<ControlRecord>();
        bool isControl = false;
        bool isKnown = true;
        RecordBatchHeader? header = Walk(bytes, (in RecordBatchHeader batch, in RecordView record) =>
        {
            isControl = batch.IsControl;
            if (isControl)
            {
                ControlRecord? decoded = ControlRecords.TryDecode(record) is { } wire ? ControlRecords.FromWire(wire) : null;
                isKnown &= decoded is not null;
                control.Add(decoded!);
            }
        });
        return header is { } found && isKnown
            ? new LogBatch
            {
                BaseOffset = found.BaseOffset,
                EndOffset = found.NextOffset,
                Epoch = found.PartitionLeaderEpoch,
                Control = isControl ? control.ToImmutable() : [],
                Bytes = bytes[..found.SizeInBytes],
            }
            : null;
    }

    /// <summary>Hands out the records of the batch at the front; null when it is cut or damaged, perhaps after some records.</summary>
    internal static RecordBatchHeader? Walk(ReadOnlyMemory<byte> bytes, RecordVisitor visit)
    {
        using var reader = new RecordBatchReader();
        RecordCheck check = reader.Open(bytes.Span, out RecordBatchHeader header, out RecordEnumerator records);
        bool isSane = check.IsValid
            && header.SizeInBytes <= MaxBatchBytes
            && header.RecordCount > 0
            && header.LastOffsetDelta == header.RecordCount - 1
            && header.BaseOffset >= Offset.Zero
            && header.PartitionLeaderEpoch >= new LeaderEpoch(0);
        if (!isSane)
        {
            return null;
        }

        int count = 0;
        while (records.MoveNext())
        {
            count++;
            visit(header, records.Current);
        }

        return records.Check.IsValid && count == header.RecordCount ? header : null;
    }

    /// <summary>Looks at one record in place.</summary>
    internal delegate void RecordVisitor(in RecordBatchHeader header, in RecordView record);
}
