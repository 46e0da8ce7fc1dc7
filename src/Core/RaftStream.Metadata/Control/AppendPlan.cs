using System.Collections.Immutable;
using RaftStream.Internal.V1;

namespace RaftStream.Metadata.Control;

/// <summary>Cuts the records of one operation into batches (C-14.2).</summary>
internal static class AppendPlan
{
    /// <summary>One batch, or several in the brackets of a metadata transaction, which is published as a whole (C-14.7).</summary>
    public static ImmutableArray<ImmutableArray<MetadataRecord>> Batches(
        string name, ImmutableArray<MetadataRecord> records, ControllerOptions options)
    {
        ImmutableArray<ImmutableArray<MetadataRecord>> plain = Cut(records, options);
        if (plain.Length == 1)
        {
            return plain;
        }

        var begin = new MetadataRecord { BeginTransaction = new BeginTransactionRecord { Name = name } };
        var end = new MetadataRecord { EndTransaction = new EndTransactionRecord() };
        return [[begin], .. plain, [end]];
    }

    private static ImmutableArray<ImmutableArray<MetadataRecord>> Cut(ImmutableArray<MetadataRecord> records, ControllerOptions options)
    {
        ImmutableArray<ImmutableArray<MetadataRecord>>.Builder batches = ImmutableArray.CreateBuilder<ImmutableArray<MetadataRecord>>();
        ImmutableArray<MetadataRecord>.Builder batch = ImmutableArray.CreateBuilder<MetadataRecord>();
        long bytes = 0;
        foreach (MetadataRecord record in records)
        {
            int size = record.CalculateSize();
            if (batch.Count > 0 && (batch.Count == options.MaxBatchRecords || bytes + size > options.MaxBatchBytes))
            {
                batches.Add(batch.DrainToImmutable());
                bytes = 0;
            }

            batch.Add(record);
            bytes += size;
        }

        batches.Add(batch.DrainToImmutable());
        return batches.DrainToImmutable();
    }
}
