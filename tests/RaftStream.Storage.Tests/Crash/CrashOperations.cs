using RaftStream.Model;
using RaftStream.Records.Producers;
using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>What happens to a log in its life: appends, flushes, truncations, failures, in an order that the seed decides.</summary>
internal sealed class CrashOperations(CrashScene scene)
{
    private readonly Dictionary<long, (short Epoch, int Next)> _underWay = []; // sent, but not in the log yet
    private int _epoch;
    private long _timestampMs = CrashScene.FirstTimestampMs;
    private byte _filler;
    private short _producerEpoch;

    /// <summary>The log was found, perhaps in a later reign than this life knew of.</summary>
    internal void Begin()
    {
        _epoch = Math.Max(_epoch, scene.Model.LastEpoch);
        scene.Log!.UpdateOptions(scene.Options);
    }

    /// <summary>Does one thing, chosen by the seed.</summary>
    internal void Operate()
    {
        int dice = scene.Random.Next(100);
        Action operation = dice switch
        {
            < 40 => Append,
            < 50 => AppendReplicated,
            < 65 => Flush,
            < 73 => Checkpoint,
            < 79 => Truncate,
            < 80 => Reset,
            < 83 => AdvanceStart,
            < 87 => Retain,
            < 91 => NewEpoch,
            < 94 => PassTime,
            < 96 => CloseAndOpen,
            < 98 => FailFlush,
            < 99 => FillDisk,
            _ => FailSomething,
        };
        operation();
    }

    private void Append()
    {
        ModelBatch batch = NextBatch(scene.Model.LogEnd);
        scene.Note($"append [{batch.Base}, {batch.Next}) epoch {batch.Epoch}, {batch.Bytes.Length} bytes");
        scene.Model.Append(batch);
        _underWay.Clear();
        scene.Log!.Append(batch.Bytes, batch.Epoch, scene.Disk.NowMs);
    }

    private void AppendReplicated()
    {
        var bytes = new List<byte>();
        int count = 1 + scene.Random.Next(4);
        for (int i = 0; i < count; i++)
        {
            ModelBatch batch = NextBatch(scene.Model.LogEnd);
            scene.Model.Append(batch);
            bytes.AddRange(batch.Bytes);
        }

        scene.Note($"append {count} replicated batches up to {scene.Model.LogEnd}");
        _underWay.Clear();
        ReplicaAppendResult result = scene.Log!.AppendReplicated([.. bytes], _epoch, scene.Disk.NowMs);
        CrashScene.Require(result.Batches == count && result.Stop == ReplicaAppendStop.None, $"replicated append: {result}");
    }

    private ModelBatch NextBatch(long baseOffset)
    {
        if (scene.Random.OneIn(8))
        {
            _epoch++;
        }

        _timestampMs += scene.Random.Next(-300, 400);
        int records = 1 + scene.Random.Next(4);
        (long Id, short Epoch, int Sequence) producer = NextProducer();
        _underWay[producer.Id] = (producer.Epoch, ProducerSequence.Plus(Math.Max(0, producer.Sequence), records));
        byte[] bytes = Batches.Placed(
            Batches.Of(records, _timestampMs, scene.Random.Next(120), ++_filler, producer), baseOffset, _epoch);
        return new ModelBatch(baseOffset, baseOffset + records, _epoch, _timestampMs, bytes);
    }

    /// <summary>One of three idempotent producers where the log says that it stands, as after the leader's check, sometimes in a new epoch; or none.</summary>
    private (long Id, short Epoch, int Sequence) NextProducer()
    {
        long id = scene.Random.Next(4) - 1;
        if (id < 0)
        {
            return (-1, -1, -1);
        }

        if (_underWay.TryGetValue(id, out (short Epoch, int Next) sent))
        {
            return (id, sent.Epoch, sent.Next);
        }

        return scene.Log!.Producers.Find(id) is { } known && !scene.Random.OneIn(10)
            ? (id, known.Epoch, ProducerSequence.Next(known.LastSequence))
            : (id, ++_producerEpoch, 0);
    }

    private void Flush()
    {
        long end = scene.Log!.Flush().Value;
        scene.Note($"flush: durable end {end}");
        scene.Model.DurableFloor = Math.Max(scene.Model.DurableFloor, end);
    }

    private void Checkpoint()
    {
        scene.Log!.HighWatermark = new Offset(scene.Random.Next(scene.Model.LogStart, Math.Max(scene.Model.LogStart, scene.Model.DurableFloor) + 1));
        scene.Directory!.WriteCheckpoints();
        scene.Note($"checkpoint: recovery point {scene.Log.State.RecoveryPoint}");
    }

    private void Truncate()
    {
        long target = scene.Random.Next(scene.Model.LogStart, scene.Model.LogEnd + 1);
        if (scene.Random.OneIn(2))
        {
            target = Math.Max(target, scene.Model.LogEnd - 10);
        }

        ModelBatch? around = scene.Model.Batches.Find(batch => batch.Base < target && batch.Next > target);
        long border = around?.Base ?? target;
        scene.Note($"truncate to {target}, border {border}");
        if (border < scene.Model.LogStart)
        {
            long start = scene.Model.LogStart;
            scene.Model.BeginReset(start);
            CrashScene.Require(scene.Log!.TruncateTo(new Offset(target)).Value == start, "a truncation below the log start leaves an empty log");
            scene.Model.EndReset(start);
            return;
        }

        scene.Model.BeginTruncate(border);
        long end = scene.Log!.TruncateTo(new Offset(target)).Value;
        CrashScene.Require(end == border, $"truncated to {end}, expected {border}");
        scene.Model.EndTruncate(end);
    }

    private void Reset()
    {
        long start = scene.Random.Next(4) switch
        {
            0 => scene.Random.Next(0, scene.Model.LogStart + 1), // A new leader's log may lie wholly in front of this one.
            1 => scene.Random.Next(scene.Model.LogStart, scene.Model.LogEnd + 1),
            _ => scene.Model.LogEnd + scene.Random.Next(20),
        };
        scene.Note($"truncate fully at {start}");
        scene.Model.BeginReset(start);
        scene.Log!.TruncateFullyAt(new Offset(start));
        scene.Model.EndReset(start);
        if (scene.Random.OneIn(3))
        {
            Checkpoint();
            Reset();
        }
    }

    private void AdvanceStart()
    {
        long start = scene.Random.Next(scene.Model.LogStart, scene.Model.LogEnd + 1);
        scene.Note($"log start to {start}");
        scene.Model.BeginAdvanceStart(start);
        scene.Log!.AdvanceLogStart(new Offset(start));
        scene.Model.EndAdvanceStart(start);
    }

    private void Retain()
    {
        long bound = scene.Random.Next(scene.Model.LogStart, scene.Model.LogEnd + 1);
        foreach (ModelBatch batch in scene.Model.Batches)
        {
            scene.Model.AllowedStarts.Add(batch.Base); // Segments begin at batches.
        }

        RetentionResult result = scene.Log!.ApplyRetention(scene.Disk.NowMs, new Offset(bound));
        scene.Note($"retention below {bound}: {result}");
        CrashScene.Require(result.Segments == 0 || result.LogStartOffset.Value <= bound, $"retention passed its bound {bound}: {result}");
        scene.Model.EndAdvanceStart(scene.Log.LogStartOffset.Value);
    }

    private void NewEpoch()
    {
        _epoch++;
        scene.Note($"reign {_epoch} begins at {scene.Model.LogEnd}");
        scene.Log!.AssignLeaderEpoch(new LeaderEpoch(_epoch));
    }

    private void PassTime()
    {
        scene.Disk.NowMs += scene.Random.Next(4000);
        scene.Note($"time {scene.Disk.NowMs}, rolled {scene.Log!.RollIfDue(scene.Disk.NowMs)}");
    }

    private void CloseAndOpen()
    {
        scene.Note("clean stop");
        CrashScene.Require(scene.Directory!.CloseCleanly(new BrokerEpoch(5)), "clean stop refused");
        scene.Model.DurableFloor = scene.Model.LogEnd;
        if (scene.Random.OneIn(2))
        {
            scene.Disk = scene.Disk.CrashImage(scene.Random.NextUInt64()); // Nothing may be lost any more.
        }
        else
        {
            scene.Disk.RestartProcess(evictCleanPages: false);
        }

        scene.Open(scene.Disk, "clean start");
        CrashScene.Require(scene.Directory.WasCleanShutdown && scene.Log!.Recovery.Clean, "the clean stop was not believed");
        scene.Log!.UpdateOptions(scene.Options);
        LogChecker.CheckContent(scene.Log, scene.Model);
    }

    /// <summary>The log stops at the first failed flush; what was durable before stays (P27).</summary>
    private void FailFlush()
    {
        scene.Note("flush fails");
        Append();
        scene.Disk.Fail(DiskOperation.Flush, ".log");
        try
        {
            scene.Log!.Flush();
        }
        catch (StorageException)
        {
            Flush(); // Must be refused.
        }
    }

    private void FillDisk()
    {
        long used = long.MaxValue - 1;
        scene.Disk.CapacityBytes = used;
        used -= scene.Disk.FreeBytes(TestDirectory.Path);
        scene.Disk.CapacityBytes = used + scene.Random.Next(3000);
        scene.Note($"room for {scene.Disk.CapacityBytes - used} bytes");
    }

    private void FailSomething()
    {
        var operation = (DiskOperation)scene.Random.Next(8);
        scene.Note($"next {operation} fails");
        if (operation != DiskOperation.Read)
        {
            scene.Disk.Fail(operation);
        }
    }
}
