using RaftStream.Records;
using RaftStream.Records.Producers;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>One batch as it must be found again.</summary>
internal sealed record ModelBatch(long Base, long Next, int Epoch, long TimestampMs, byte[] Bytes);

/// <summary>What a log must hold: the simplest thing that can be compared with it.</summary>
internal sealed class LogModel
{
    internal List<ModelBatch> Batches { get; private set; } = [];

    internal long LogStart { get; private set; }

    internal long LogEnd { get; private set; }

    /// <summary>Everything below was durable once and was not cut since.</summary>
    internal long DurableFloor { get; set; }

    /// <summary>While a truncation is under way, what lies at or above this is no longer promised.</summary>
    internal long DurableCap { get; private set; } = long.MaxValue;

    /// <summary>Log starts that recovery may find: the current one, and that of a change that was interrupted.</summary>
    internal HashSet<long> AllowedStarts { get; } = [0];

    /// <summary>Where an interrupted full truncation may leave an empty log; null when none was.</summary>
    internal long? InterruptedReset { get; private set; }

    internal int LastEpoch => Batches.Count == 0 ? -1 : Batches[^1].Epoch;

    /// <summary>Batches that a reader sees.</summary>
    internal IEnumerable<ModelBatch> Visible => Batches.Where(batch => batch.Next > LogStart);

    internal void Append(ModelBatch batch)
    {
        Assert.Equal(LogEnd, batch.Base);
        Batches.Add(batch);
        LogEnd = batch.Next;
    }

    /// <summary>
    /// After a truncation, or a reset that did not happen, the producers are read from what is left: what is known of them from deleted batches only may be
    /// gone with the snapshot that held it.
    /// </summary>
    internal bool MayForgetDeleted { get; private set; }

    /// <summary>A truncation begins: what lies behind the target is no longer promised, but may still be found.</summary>
    internal void BeginTruncate(long target)
    {
        DurableCap = target;
        MayForgetDeleted = true;
        DurableFloor = Math.Min(DurableFloor, target);
    }

    internal void EndTruncate(long end)
    {
        DurableCap = long.MaxValue;
        Batches.RemoveAll(batch => batch.Next > end);
        LogEnd = end;
    }

    internal void BeginReset(long start)
    {
        DurableCap = DurableFloor = 0;
        MayForgetDeleted = true;
        InterruptedReset = start;
        AllowedStarts.Add(start);
    }

    internal void EndReset(long start)
    {
        Batches.Clear();
        MayForgetDeleted = false;
        DurableCap = long.MaxValue;
        LogStart = LogEnd = DurableFloor = start;
        InterruptedReset = null;
        AllowedStarts.Clear();
        AllowedStarts.Add(start);
    }

    internal void BeginAdvanceStart(long start) => AllowedStarts.Add(start);

    internal void EndAdvanceStart(long start)
    {
        LogStart = start;
        AllowedStarts.Clear();
        AllowedStarts.Add(start);
    }

    /// <summary>Recovery may have lost what was never durable: the model follows the log.</summary>
    internal void Adopt(long logStart, long logEnd)
    {
        Batches.RemoveAll(batch => batch.Next > logEnd);
        DurableCap = long.MaxValue;
        LogStart = logStart;
        LogEnd = logEnd;
        DurableFloor = logEnd;
        InterruptedReset = null;
        AllowedStarts.Clear();
        AllowedStarts.Add(logStart);
    }

    /// <summary>Epochs as the batches say, between the log start and the log end (S-R12).</summary>
    internal List<(int Epoch, long Start)> Epochs()
    {
        var epochs = new List<(int Epoch, long Start)>();
        foreach (ModelBatch batch in Visible)
        {
            if (epochs.Count == 0 || epochs[^1].Epoch != batch.Epoch)
            {
                epochs.Add((batch.Epoch, Math.Max(batch.Base, LogStart)));
            }
        }

        return epochs;
    }

    /// <summary>The idempotent producers as all batches say that were not cut, deleted ones included (G-3.2, R-15.6).</summary>
    internal ProducerTable Producers()
    {
        var table = new ProducerTable();
        foreach (ModelBatch batch in Batches)
        {
            Assert.True(RecordBatchHeader.TryRead(batch.Bytes, out RecordBatchHeader header));
            table.Take(header, nowMs: 0);
        }

        return table;
    }

    internal LogModel Clone()
    {
        var clone = new LogModel
        {
            Batches = [.. Batches],
            LogStart = LogStart,
            LogEnd = LogEnd,
            DurableFloor = DurableFloor,
            InterruptedReset = InterruptedReset,
            MayForgetDeleted = MayForgetDeleted,
        };
        clone.AllowedStarts.Clear();
        clone.AllowedStarts.UnionWith(AllowedStarts);
        return clone;
    }
}
