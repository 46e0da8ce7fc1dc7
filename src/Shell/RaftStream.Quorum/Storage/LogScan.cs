using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Storage;

namespace RaftStream.Quorum.Storage;

/// <summary>Reads the whole metadata log once: every batch is sound, its epochs and voters are known (C-13.1, C-4.4).</summary>
internal sealed class LogScan
{
    private const int ReadBytes = 1 << 20;

    private readonly ImmutableArray<EpochStart>.Builder _epochs = ImmutableArray.CreateBuilder<EpochStart>();
    private readonly ImmutableArray<VotersAt>.Builder _voters = ImmutableArray.CreateBuilder<VotersAt>();

    /// <summary>Epochs with their starts, as the batches say.</summary>
    internal ImmutableArray<EpochStart> Epochs => _epochs.ToImmutable();

    /// <summary>Voters records of the log.</summary>
    internal ImmutableArray<VotersAt> Voters => _voters.ToImmutable();

    /// <exception cref="StorageException">A batch is damaged.</exception>
    internal static LogScan Run(PartitionLog log)
    {
        var scan = new LogScan();
        for (Offset at = log.LogStartOffset; at < log.LogEndOffset;)
        {
            ReadOnlyMemory<byte> bytes = LogBytes.Read(log, at, log.LogEndOffset, ReadBytes);
            if (bytes.IsEmpty)
            {
                throw Damaged(log, at);
            }

            while (!bytes.IsEmpty)
            {
                LogBatch batch = BatchParser.TryReadFirst(bytes) ?? throw Damaged(log, at);
                if (batch.BaseOffset != at || !scan.TryTake(batch))
                {
                    throw Damaged(log, at);
                }

                at = batch.EndOffset;
                bytes = bytes[batch.Bytes.Length..];
            }
        }

        return scan;
    }

    /// <summary>False when the epoch falls, or rises without the record that begins a reign (C-8.1): the header is outside the checksum.</summary>
    private bool TryTake(LogBatch batch)
    {
        LeaderEpoch? last = _epochs.Count > 0 ? _epochs[^1].Epoch : null;
        if (batch.Epoch != last)
        {
            bool begins = last is null || (batch.Epoch > last && batch.Control is [ControlRecord.LeaderChange, ..]);
            if (!begins)
            {
                return false;
            }

            _epochs.Add(new EpochStart(batch.Epoch, batch.BaseOffset));
        }

        foreach (ControlRecord.Voters voters in batch.Control.OfType<ControlRecord.Voters>())
        {
            _voters.Add(new VotersAt(batch.BaseOffset, voters.Set));
        }

        return true;
    }

    private static StorageException Damaged(PartitionLog log, Offset at) => QuorumStateFile.Refused(
        StorageErrorKind.Corrupt, $"The log {log.Topic}-{log.Partition} is damaged at offset {at}, below its durable end.");
}
