using System.Globalization;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Records.Producers;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>A recovered or running log broke a promise.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>Compares a log with the model: content, epochs, positions, look-ups.</summary>
internal static class LogChecker
{
    /// <summary>After recovery (S-S1, S-S4, S-R12, S-R14): a prefix of the model that holds all that was durable.</summary>
    internal static void CheckRecovered(PartitionLog log, LogModel model)
    {
        long start = log.LogStartOffset.Value;
        long end = log.LogEndOffset.Value;
        bool wasReset = model.InterruptedReset is { } reset && start == reset && end == reset;
        Require(wasReset || model.AllowedStarts.Contains(start), $"log start {start} is none of [{string.Join(", ", model.AllowedStarts)}]");
        Require(log.DurableEnd == log.LogEndOffset, $"durable end {log.DurableEnd} after recovery, log end {end}");
        Require(log.HighWatermark >= log.LogStartOffset && log.HighWatermark <= log.LogEndOffset, $"high watermark {log.HighWatermark}");
        Require(log.SuspectReason is null, $"suspect without damage: {log.SuspectReason}");
        if (wasReset)
        {
            return;
        }

        Require(end >= model.DurableFloor, $"log end {end} is below {model.DurableFloor}, which was durable");
        bool isBorder = end == start || model.Batches.Any(batch => batch.Next == end);
        Require(isBorder, $"log end {end} is no batch border of the log before the crash");
        model = model.Clone();
        Adopt(log, model);
        CheckContent(log, model);
    }

    /// <summary>
    /// The model follows what was recovered. Where the log start ran ahead of unflushed data, the log is empty and what its
    /// producers had written last may be forgotten, but nothing that was durable (R-14.5).
    /// </summary>
    /// <remarks>
    /// A reset that was interrupted may leave the same: nobody can tell the two apart. What is still known of producers then
    /// does no harm, as long as it was true.
    /// </remarks>
    internal static void Adopt(PartitionLog log, LogModel model)
    {
        long floor = model.DurableFloor;
        bool wasReset = log.LogStartOffset == log.LogEndOffset && model.InterruptedReset == log.LogEndOffset.Value;
        model.Adopt(log.LogStartOffset.Value, log.LogEndOffset.Value);
        if (wasReset)
        {
            model.Batches.RemoveAll(batch => !IsKnown(log.Producers, batch));
            return;
        }

        while (log.LogStartOffset == log.LogEndOffset
            && model.Batches.Count > 0
            && model.Batches[^1].Next > floor
            && Text(log.Producers, Offset.Zero) != Text(model.Producers(), Offset.Zero))
        {
            model.Batches.RemoveAt(model.Batches.Count - 1);
        }
    }

    /// <summary>Of a log that is running or was just recovered: everything that can be read.</summary>
    internal static void CheckContent(PartitionLog log, LogModel model)
    {
        Require(log.LogStartOffset.Value == model.LogStart, $"log start {log.LogStartOffset}, expected {model.LogStart}");
        Require(log.LogEndOffset.Value == model.LogEnd, $"log end {log.LogEndOffset}, expected {model.LogEnd}");
        Require(log.DurableEnd <= log.LogEndOffset, $"durable end {log.DurableEnd} above the log end {log.LogEndOffset}");
        byte[] expected = [.. model.Visible.SelectMany(batch => batch.Bytes)];
        byte[] actual = ReadAll(log);
        Require(
            actual.AsSpan().SequenceEqual(expected),
            $"bytes of [{model.LogStart}, {model.LogEnd}) differ: {actual.Length} bytes, expected {expected.Length}, equal up to {expected.AsSpan().CommonPrefixLength(actual)}");
        CheckEpochs(log, model);
        CheckProducers(log, model);
        CheckLookUps(log, model);
        CheckTimes(log, model);
    }

    private static byte[] ReadAll(PartitionLog log)
    {
        var bytes = new MemoryStream();
        Offset from = log.LogStartOffset;
        while (from < log.LogEndOffset)
        {
            using LogSlice slice = log.Read(from, maxBytes: 700, log.LogEndOffset);
            Require(slice.Error == ErrorCode.None, $"read at {from}: {slice.Error} {log.SuspectReason}");
            Require(!slice.IsEmpty, $"nothing to read at {from}, log end {log.LogEndOffset}");
            byte[] piece = new byte[slice.Length];
            slice.CopyTo(piece, 0);
            bytes.Write(piece);
            from = slice.NextOffset;
        }

        return bytes.ToArray();
    }

    private static void CheckEpochs(PartitionLog log, LogModel model)
    {
        string actual = string.Join(' ', log.State.Epochs.Entries
            .Where(entry => entry.Start < log.LogEndOffset) // A reign without a batch has its entry at the end (R-3.3).
            .Select(entry => Text(entry.Epoch.Value, entry.Start.Value)));
        string expected = string.Join(' ', model.Epochs().Select(entry => Text(entry.Epoch, entry.Start)));
        Require(actual == expected, $"epoch cache [{actual}], the batches say [{expected}]");
        if (model.Visible.Any())
        {
            Require(log.LastEpoch.Value == model.LastEpoch, $"last epoch {log.LastEpoch}, the last batch says {model.LastEpoch}");
        }

        static string Text(int epoch, long start) => string.Create(CultureInfo.InvariantCulture, $"{epoch}:{start}");
    }

    /// <summary>G-3.2: who may go on where, and what would be known again.</summary>
    private static void CheckProducers(PartitionLog log, LogModel model)
    {
        Offset from = model.MayForgetDeleted ? log.LogStartOffset : Offset.Zero;
        string actual = Text(log.Producers, from);
        string expected = Text(model.Producers(), from);
        Require(actual == expected, $"producers [{actual}], the batches say [{expected}]");
        Require(log.Producers.Gaps == 0, $"{log.Producers.Gaps} batches do not continue their producer (S-R7)");
    }

    private static bool IsKnown(ProducerTable table, ModelBatch batch)
    {
        Require(RecordBatchHeader.TryRead(batch.Bytes, out RecordBatchHeader header), "the model holds whole batches");
        return table.Find(header.ProducerId) is { } entry && Enumerable.Range(0, entry.Count).Any(i => entry[i].End.Value == batch.Next);
    }

    /// <summary>All that is known from batches that reach past <paramref name="from"/>.</summary>
    private static string Text(ProducerTable table, Offset from)
    {
        var lines = new List<string>();
        foreach (ProducerEntry entry in table.Entries)
        {
            ProducedBatch[] batches = [.. Enumerable.Range(0, entry.Count).Select(i => entry[i]).Where(batch => batch.End > from)];
            if (batches.Length > 0)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{entry.ProducerId}/{entry.Epoch}: {string.Join(' ', batches)}"));
            }
        }

        return string.Join("; ", lines);
    }

    /// <summary>S-S2: every offset is found where a linear scan finds it.</summary>
    private static void CheckLookUps(PartitionLog log, LogModel model)
    {
        foreach (ModelBatch batch in model.Visible)
        {
            long last = batch.Next - 1;
            foreach (long offset in (long[])[Math.Max(batch.Base, model.LogStart), last])
            {
                using LogSlice slice = log.Read(new Offset(offset), maxBytes: 1, log.LogEndOffset);
                Require(
                    slice.Error == ErrorCode.None && slice.FirstOffset.Value == batch.Base && slice.NextOffset.Value == batch.Next,
                    $"read of offset {offset} gave [{slice.FirstOffset}, {slice.NextOffset}) {slice.Error}, expected [{batch.Base}, {batch.Next})");
            }
        }
    }

    /// <summary>R-11.4 by linear scan.</summary>
    private static void CheckTimes(PartitionLog log, LogModel model)
    {
        foreach (long timestampMs in model.Visible.Select(batch => batch.TimestampMs).Append(0).Append(long.MaxValue).Distinct())
        {
            ModelBatch? expected = model.Visible.FirstOrDefault(batch => batch.TimestampMs >= timestampMs);
            TimestampOffset? actual = log.FindByTimestamp(timestampMs, log.LogEndOffset);
            long? expectedOffset = expected is null ? null : Math.Max(expected.Base, model.LogStart);
            Require(
                actual?.Offset.Value == expectedOffset && (expected is null || actual?.LeaderEpoch.Value == expected.Epoch),
                $"time {timestampMs}: found {actual}, expected offset {expectedOffset}");
        }

        long? largest = model.Visible.Any() ? model.Visible.Max(batch => batch.TimestampMs) : null;
        Require(log.FindMaxTimestamp(log.LogEndOffset)?.TimestampMs == largest, $"largest timestamp is not {largest}");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new BrokenPromiseException(message);
        }
    }
}
