using System.Buffers;
using System.Collections.Immutable;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage;

namespace RaftStream.Broker.Controller;

/// <summary>The metadata log of a cluster with one voter: a partition log that is flushed before each answer.</summary>
/// <remarks>Controller thread only. Each start is a new reign, so that a lost tail never shares an epoch with what is written anew (P4).</remarks>
internal sealed class SingleVoterMetadataLog : IMetadataLog
{
    /// <summary>Bytes of records in one batch; far above what one operation writes.</summary>
    private const int MaxBatchBytes = 256 << 20;

    private const int ReadBytes = 1 << 20;

    private readonly PartitionLog _log;
    private readonly TimeProvider _time;
    private readonly LeaderEpoch _epoch;

    public SingleVoterMetadataLog(PartitionLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
        _epoch = new LeaderEpoch(log.LastEpoch.Value + 1);
        log.AssignLeaderEpoch(_epoch);

        // What a crash left behind the last flush was answered to nobody, but it is in the log now: commit it.
        log.Flush();
    }

    /// <inheritdoc/>
    public long EndOffset => _log.LogEndOffset.Value;

    /// <inheritdoc/>
    public long Append(ImmutableArray<MetadataRecord> records)
    {
        long nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = MaxBatchBytes });
        foreach (MetadataRecord record in records)
        {
            Invariant.Check(builder.TryAppend(nowMs, OptionalBytes.Null, record.ToByteArray()));
        }

        var batch = new ReadOnlySequence<byte>(builder.Build());
        Invariant.Check(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
        Offset baseOffset = _log.Append(header, batch, _epoch, nowMs);
        _log.Flush();
        Invariant.Check(_log.DurableEnd == _log.LogEndOffset);
        _log.HighWatermark = _log.DurableEnd;
        return baseOffset.Value;
    }

    /// <inheritdoc/>
    public void ReadAll(Action<long, IReadOnlyList<MetadataRecord>> replay)
    {
        Offset end = _log.LogEndOffset;
        Offset at = _log.LogStartOffset;
        using var reader = new RecordBatchReader(MaxBatchBytes);
        using var buffer = new PooledBufferWriter();
        while (at < end)
        {
            using LogSlice slice = _log.Read(at, ReadBytes, end);
            if (slice.Error != ErrorCode.None || slice.IsEmpty)
            {
                throw new StorageException(StorageErrorKind.Corrupt, $"The metadata log cannot be read at offset {at} ({slice.Error}).");
            }

            buffer.Clear();
            int copied = slice.CopyTo(buffer.GetSpan(slice.Length)[..slice.Length], at: 0);
            Invariant.Check(copied == slice.Length);
            buffer.Advance(copied);
            Replay(buffer.Written, reader, replay);
            at = slice.NextOffset;
        }
    }

    private static void Replay(
        ReadOnlySpan<byte> batches, RecordBatchReader reader, Action<long, IReadOnlyList<MetadataRecord>> replay)
    {
        while (!batches.IsEmpty)
        {
            RecordCheck check = reader.Open(batches, out RecordBatchHeader header, out RecordEnumerator records);
            var parsed = new List<MetadataRecord>();
            while (check.IsValid && records.MoveNext())
            {
                parsed.Add(MetadataRecord.Parser.ParseFrom(records.Current.Value.Span));
            }

            check = check.IsValid ? records.Check : check;
            if (!check.IsValid)
            {
                throw new StorageException(StorageErrorKind.Corrupt, $"The metadata log is damaged at offset {header.BaseOffset}: {check.Reason}");
            }

            replay(header.BaseOffset.Value, parsed);
            batches = batches[header.SizeInBytes..];
        }
    }
}
