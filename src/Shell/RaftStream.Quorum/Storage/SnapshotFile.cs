using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>A verified snapshot in memory.</summary>
/// <param name="Id">Which.</param>
/// <param name="Voters">Voters in force at its end (C-10.1); empty when none were known.</param>
/// <param name="Records">Values of the state's records, in order.</param>
internal sealed record SnapshotContent(SnapshotId Id, VoterSet Voters, ImmutableArray<ReadOnlyMemory<byte>> Records);

/// <summary>The bytes of a snapshot (C-10.1): a header batch, data batches, a footer batch with count and checksum.</summary>
/// <remarks>Offsets count the file's own records from 0; every batch carries the snapshot's epoch. Each bit is covered by some check.</remarks>
internal static class SnapshotFile
{
    private const int Version = 1;
    private const int KVersion = 1;
    private const int BatchBytes = 1 << 20;

    /// <summary>Writes all of it and flushes.</summary>
    internal static void Write(IFile file, SnapshotContent content, long nowMs, bool flush)
    {
        long position = 0;
        uint crc = 0;
        var next = Offset.Zero;
        Append(ControlRecords.Encode(Header(content, nowMs), next, content.Id.Epoch, nowMs));
        foreach (ReadOnlyMemory<byte> batch in DataBatches(content.Records, nowMs))
        {
            byte[] placed = batch.ToArray();
            RecordBatchHeader.PatchOffsetAndEpoch(placed, next, content.Id.Epoch);
            Append(placed);
        }

        var footer = new QuorumControlRecord
        {
            SnapshotFooter = new SnapshotFooterRecord { RecordCount = content.Records.Length, Crc32C = crc },
        };
        Append(ControlRecords.Encode([footer], next, content.Id.Epoch, nowMs));
        if (flush)
        {
            file.Flush();
        }

        void Append(byte[] batch)
        {
            Invariant.Check(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
            file.Write(batch, position);
            position += batch.Length;
            crc = Crc32C.Append(crc, batch);
            next = header.NextOffset;
        }
    }

    /// <summary>Reads and verifies all of it; null when anything is not as written (C-10.5, P20).</summary>
    internal static SnapshotContent? TryRead(IFile file, SnapshotId id)
    {
        long length = file.Length;
        if (length > Array.MaxLength)
        {
            return null;
        }

        byte[] bytes = new byte[length];
        return file.Read(bytes, 0) == bytes.Length ? TryParse(bytes, id) : null;
    }

    private static SnapshotContent? TryParse(ReadOnlyMemory<byte> bytes, SnapshotId id)
    {
        var frame = new SnapshotFrame(id, Version);
        for (int at = 0; at < bytes.Length;)
        {
            RecordBatchHeader? header = BatchParser.Walk(bytes[at..], frame.Take);
            if (header is not { } batch || !frame.EndBatch(batch, bytes.Span.Slice(at, batch.SizeInBytes)))
            {
                return null;
            }

            at += batch.SizeInBytes;
        }

        return frame.Complete();
    }

    private static List<QuorumControlRecord> Header(SnapshotContent content, long nowMs)
    {
        List<QuorumControlRecord> header =
        [
            new QuorumControlRecord
            {
                SnapshotHeader = new SnapshotHeaderRecord
                {
                    Version = Version,
                    EndOffset = content.Id.EndOffset.Value,
                    Epoch = content.Id.Epoch.Value,
                    LastContainedTimestampMs = nowMs,
                },
            },
            ControlRecords.ToWire(new ControlRecord.KVersion(KVersion)),
        ];
        if (content.Voters.Voters.Length > 0)
        {
            header.Add(ControlRecords.ToWire(new ControlRecord.Voters(content.Voters)));
        }

        return header;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> DataBatches(ImmutableArray<ReadOnlyMemory<byte>> records, long nowMs)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = BatchBytes });
        foreach (ReadOnlyMemory<byte> record in records)
        {
            if (!builder.TryAppend(nowMs, OptionalBytes.Null, record))
            {
                yield return builder.Build();
                builder.Reset();
                Invariant.Check(builder.TryAppend(nowMs, OptionalBytes.Null, record));
            }
        }

        if (builder.RecordCount > 0)
        {
            yield return builder.Build();
        }
    }
}
