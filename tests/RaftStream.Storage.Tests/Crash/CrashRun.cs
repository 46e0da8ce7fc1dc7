using System.Globalization;
using System.Text;
using RaftStream.Model;
using RaftStream.Records.Producers;
using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>One random life of one log on a simulated disk: rounds of operations, each ended by a crash and a recovery.</summary>
/// <remarks>Everything follows from the seed. The trace tells the story when a promise is broken.</remarks>
internal sealed class CrashRun
{
    private const int Rounds = 3;
    private const int OperationsPerRound = 40;

    private readonly Prng _random;
    private readonly Sabotage _sabotage;
    private readonly LogOptions _options;
    private readonly StringBuilder _trace = new();
    private readonly LogModel _model = new();
    private SimulatedDisk _disk;
    private LogDirectory? _directory;
    private PartitionLog? _log;
    private int _epoch;
    private long _timestampMs = 1_000_000;
    private byte _filler;
    private readonly Dictionary<long, (short Epoch, int Next)> _underWay = []; // sent, but not in the log yet
    private short _producerEpoch;
    private bool _created;
    private (long Start, long End)? _expectedAfterRecovery;

    internal CrashRun(ulong seed, Sabotage sabotage = Sabotage.None, DiskLies lies = DiskLies.None)
    {
        _random = new Prng(seed);
        _sabotage = sabotage;
        _disk = new SimulatedDisk(_random.NextUInt64()) { NowMs = _timestampMs, Lies = lies };
        _options = new LogOptions
        {
            SegmentBytes = 400 + _random.Next(1500),
            IndexIntervalBytes = 1 + _random.Next(300),
            IndexMaxBytes = _random.OneIn(3) ? 40 : 1 << 20,
            CheckpointBytes = 1 + _random.Next(800),
            RetentionMs = 5000,
            RetentionBytes = _random.OneIn(2) ? 3000 : -1,
            Flush = _random.OneIn(2) ? FlushMode.Commit : FlushMode.Os,
            TimestampsAreBounded = _random.OneIn(2),
        };
    }

    /// <summary>What happened, one line per operation.</summary>
    internal string Trace => _trace.ToString();

    /// <summary>Lives the life; throws <see cref="BrokenPromiseException"/> or whatever the engine threw unexpectedly.</summary>
    internal void Run()
    {
        LogDirectory.Format(_disk, TestDirectory.Path, TestDirectory.Identity);
        _disk.SyncDirectory("");
        for (int round = 0; round < Rounds; round++)
        {
            RunRound();
            EndRound();
        }

        Reopen(_disk.CrashImage(_random.NextUInt64()), "last crash");
        _directory!.Dispose();
    }

    private void RunRound()
    {
        bool losesPower = !_random.OneIn(4);
        if (losesPower)
        {
            _disk.PowerLossIn(1 + _random.Next(150));
        }

        try
        {
            if (_directory is null)
            {
                Open(_disk, "open");
            }

            CreateOnce();
            for (int i = 0; i < OperationsPerRound; i++)
            {
                Operate();
                if (_random.OneIn(10))
                {
                    LogChecker.CheckContent(_log!, _model);
                }
            }
        }
        catch (SimulatedPowerLossException)
        {
            Note("power loss");
        }
        catch (StorageException exception) when (exception.Kind is StorageErrorKind.Io or StorageErrorKind.DiskFull || _log?.Failure is not null)
        {
            Note($"failed: {exception.Message}");
        }
    }

    /// <summary>The machine or only the process dies; then everything durable must be found again.</summary>
    private void EndRound()
    {
        PartitionLog? log = _log;
        if (log is not null)
        {
            _model.DurableFloor = Math.Min(_model.DurableCap, Math.Max(_model.DurableFloor, log.DurableEnd.Value));
        }

        SimulatedDisk next;
        if (!_disk.HasLostPower && _random.OneIn(2))
        {
            bool evict = _random.OneIn(2);
            Note($"process killed, evict {evict}");
            _disk.RestartProcess(evict);
            _disk.ClearFaults();
            _disk.PowerLossIn(long.MaxValue);
            _disk.CapacityBytes = long.MaxValue;
            next = _disk;
        }
        else
        {
            ulong imageSeed = _random.NextUInt64();
            Note($"crash image {imageSeed}");
            next = _disk.CrashImage(imageSeed);
            next.CapacityBytes = long.MaxValue;
        }

        _directory = null;
        _log = null;
        next = CrashInRecovery(next, isImage: next != _disk);
        Reopen(next, "recovery");
    }

    /// <summary>Recovery that is interrupted, once or twice, changes nothing more (S-S1).</summary>
    private SimulatedDisk CrashInRecovery(SimulatedDisk disk, bool isImage)
    {
        while (_random.OneIn(3))
        {
            if (isImage)
            {
                _expectedAfterRecovery ??= RecoverCopy(disk.CrashImage(_random.NextUInt64()));
            }

            disk.PowerLossIn(1 + _random.Next(30));
            try
            {
                using LogDirectory directory = LogDirectory.Open(disk, TestDirectory.Path, Options());
                Note("recovery was faster than the power loss");
                Verify(directory.Find("t", 0));
            }
            catch (SimulatedPowerLossException)
            {
                Note("power loss in recovery");
            }

            disk = disk.CrashImage(_random.NextUInt64());
            isImage = true;
        }

        return disk;
    }

    private (long Start, long End)? RecoverCopy(SimulatedDisk copy)
    {
        using LogDirectory directory = LogDirectory.Open(copy, TestDirectory.Path, Options());
        return directory.Find("t", 0) is { } log ? (log.LogStartOffset.Value, log.LogEndOffset.Value) : null;
    }

    private void Verify(PartitionLog? log)
    {
        if (log is null)
        {
            Require(!_created, "the log's folder is gone");
            return;
        }

        LogChecker.CheckRecovered(log, _model);
        LogChecker.Adopt(log, _model);
        LogChecker.CheckContent(log, _model);
    }

    private void Reopen(SimulatedDisk disk, string reason)
    {
        Open(disk, reason);
        Verify(_log);
        if (_log is not null && _expectedAfterRecovery is { } expected)
        {
            var found = (_log.LogStartOffset.Value, _log.LogEndOffset.Value);
            Require(found == expected, $"interrupted recovery gave {found}, uninterrupted {expected}");
        }

        _expectedAfterRecovery = null;
        if (_log is not null)
        {
            RecoverAgain(disk);
        }
    }

    /// <summary>A second recovery of the same folder finds the same log.</summary>
    private void RecoverAgain(SimulatedDisk disk)
    {
        if (!_random.OneIn(2))
        {
            return;
        }

        _directory!.Dispose();
        disk.RestartProcess(evictCleanPages: false);
        Open(disk, "recovery again");
        LogChecker.CheckContent(_log!, _model);
    }

    private void Open(SimulatedDisk disk, string reason)
    {
        _disk = disk;
        _directory = LogDirectory.Open(disk, TestDirectory.Path, Options());
        _log = _directory.Find("t", 0);
        Note($"{reason}: {Describe()} {_log?.Recovery}");
    }

    private void CreateOnce()
    {
        if (_log is null)
        {
            _log = _directory!.Create("t", 0, TestDirectory.Topic, _options);
            _created = true;
        }

        _epoch = Math.Max(_epoch, _model.LastEpoch);
        _log.UpdateOptions(_options);
    }

    private void Operate()
    {
        int dice = _random.Next(100);
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
        ModelBatch batch = NextBatch(_model.LogEnd);
        Note($"append [{batch.Base}, {batch.Next}) epoch {batch.Epoch}, {batch.Bytes.Length} bytes");
        _model.Append(batch);
        _underWay.Clear();
        _log!.Append(batch.Bytes, batch.Epoch, _disk.NowMs);
    }

    private void AppendReplicated()
    {
        var bytes = new List<byte>();
        int count = 1 + _random.Next(4);
        for (int i = 0; i < count; i++)
        {
            ModelBatch batch = NextBatch(_model.LogEnd);
            _model.Append(batch);
            bytes.AddRange(batch.Bytes);
        }

        Note($"append {count} replicated batches up to {_model.LogEnd}");
        _underWay.Clear();
        ReplicaAppendResult result = _log!.AppendReplicated([.. bytes], _epoch, _disk.NowMs);
        Require(result.Batches == count && result.Stop == ReplicaAppendStop.None, $"replicated append: {result}");
    }

    private ModelBatch NextBatch(long baseOffset)
    {
        if (_random.OneIn(8))
        {
            _epoch++;
        }

        _timestampMs += _random.Next(-300, 400);
        int records = 1 + _random.Next(4);
        (long Id, short Epoch, int Sequence) producer = NextProducer();
        _underWay[producer.Id] = (producer.Epoch, ProducerSequence.Plus(Math.Max(0, producer.Sequence), records));
        byte[] bytes = Batches.Placed(
            Batches.Of(records, _timestampMs, _random.Next(120), ++_filler, producer), baseOffset, _epoch);
        return new ModelBatch(baseOffset, baseOffset + records, _epoch, _timestampMs, bytes);
    }

    /// <summary>One of three idempotent producers where the log says that it stands, as after the leader's check, sometimes in a new epoch; or none.</summary>
    private (long Id, short Epoch, int Sequence) NextProducer()
    {
        long id = _random.Next(4) - 1;
        if (id < 0)
        {
            return (-1, -1, -1);
        }

        if (_underWay.TryGetValue(id, out (short Epoch, int Next) sent))
        {
            return (id, sent.Epoch, sent.Next);
        }

        return _log!.Producers.Find(id) is { } known && !_random.OneIn(10)
            ? (id, known.Epoch, ProducerSequence.Next(known.LastSequence))
            : (id, ++_producerEpoch, 0);
    }

    private void Flush()
    {
        long end = _log!.Flush().Value;
        Note($"flush: durable end {end}");
        _model.DurableFloor = Math.Max(_model.DurableFloor, end);
    }

    private void Checkpoint()
    {
        _log!.HighWatermark = new Offset(_random.Next(_model.LogStart, Math.Max(_model.LogStart, _model.DurableFloor) + 1));
        _directory!.WriteCheckpoints();
        Note($"checkpoint: recovery point {_log.State.RecoveryPoint}");
    }

    private void Truncate()
    {
        long target = _random.Next(_model.LogStart, _model.LogEnd + 1);
        if (_random.OneIn(2))
        {
            target = Math.Max(target, _model.LogEnd - 10);
        }

        ModelBatch? around = _model.Batches.Find(batch => batch.Base < target && batch.Next > target);
        long border = around?.Base ?? target;
        Note($"truncate to {target}, border {border}");
        if (border < _model.LogStart)
        {
            long start = _model.LogStart;
            _model.BeginReset(start);
            Require(_log!.TruncateTo(new Offset(target)).Value == start, "a truncation below the log start leaves an empty log");
            _model.EndReset(start);
            return;
        }

        _model.BeginTruncate(border);
        long end = _log!.TruncateTo(new Offset(target)).Value;
        Require(end == border, $"truncated to {end}, expected {border}");
        _model.EndTruncate(end);
    }

    private void Reset()
    {
        long start = _random.Next(4) switch
        {
            0 => _random.Next(0, _model.LogStart + 1), // A new leader's log may lie wholly in front of this one.
            1 => _random.Next(_model.LogStart, _model.LogEnd + 1),
            _ => _model.LogEnd + _random.Next(20),
        };
        Note($"truncate fully at {start}");
        _model.BeginReset(start);
        _log!.TruncateFullyAt(new Offset(start));
        _model.EndReset(start);
        if (_random.OneIn(3))
        {
            Checkpoint();
            Reset();
        }
    }

    private void AdvanceStart()
    {
        long start = _random.Next(_model.LogStart, _model.LogEnd + 1);
        Note($"log start to {start}");
        _model.BeginAdvanceStart(start);
        _log!.AdvanceLogStart(new Offset(start));
        _model.EndAdvanceStart(start);
    }

    private void Retain()
    {
        long bound = _random.Next(_model.LogStart, _model.LogEnd + 1);
        foreach (ModelBatch batch in _model.Batches)
        {
            _model.AllowedStarts.Add(batch.Base); // Segments begin at batches.
        }

        RetentionResult result = _log!.ApplyRetention(_disk.NowMs, new Offset(bound));
        Note($"retention below {bound}: {result}");
        Require(result.Segments == 0 || result.LogStartOffset.Value <= bound, $"retention passed its bound {bound}: {result}");
        _model.EndAdvanceStart(_log.LogStartOffset.Value);
    }

    private void NewEpoch()
    {
        _epoch++;
        Note($"reign {_epoch} begins at {_model.LogEnd}");
        _log!.AssignLeaderEpoch(new LeaderEpoch(_epoch));
    }

    private void PassTime()
    {
        _disk.NowMs += _random.Next(4000);
        Note($"time {_disk.NowMs}, rolled {_log!.RollIfDue(_disk.NowMs)}");
    }

    private void CloseAndOpen()
    {
        Note("clean stop");
        Require(_directory!.CloseCleanly(new BrokerEpoch(5)), "clean stop refused");
        _model.DurableFloor = _model.LogEnd;
        if (_random.OneIn(2))
        {
            _disk = _disk.CrashImage(_random.NextUInt64()); // Nothing may be lost any more.
        }
        else
        {
            _disk.RestartProcess(evictCleanPages: false);
        }

        Open(_disk, "clean start");
        Require(_directory.WasCleanShutdown && _log!.Recovery.Clean, "the clean stop was not believed");
        _log!.UpdateOptions(_options);
        LogChecker.CheckContent(_log, _model);
    }

    /// <summary>The log stops at the first failed flush; what was durable before stays (P27).</summary>
    private void FailFlush()
    {
        Note("flush fails");
        Append();
        _disk.Fail(DiskOperation.Flush, ".log");
        try
        {
            _log!.Flush();
        }
        catch (StorageException)
        {
            Flush(); // Must be refused.
        }
    }

    private void FillDisk()
    {
        long used = long.MaxValue - 1;
        _disk.CapacityBytes = used;
        used -= _disk.FreeBytes(TestDirectory.Path);
        _disk.CapacityBytes = used + _random.Next(3000);
        Note($"room for {_disk.CapacityBytes - used} bytes");
    }

    private void FailSomething()
    {
        var operation = (DiskOperation)_random.Next(8);
        Note($"next {operation} fails");
        if (operation != DiskOperation.Read)
        {
            _disk.Fail(operation);
        }
    }

    private LogDirectoryOptions Options() => new()
    {
        RecoveryParallelism = 1,
        MinFreeBytes = 0,
        DefaultLogOptions = _options,
        Sabotage = _sabotage,
    };

    private string Describe() => _log is null
        ? "no log"
        : string.Create(CultureInfo.InvariantCulture, $"[{_log.LogStartOffset}, {_log.LogEndOffset})");

    private void Note(string line) => _trace.Append(line).Append('\n');

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new BrokenPromiseException(message);
        }
    }
}
