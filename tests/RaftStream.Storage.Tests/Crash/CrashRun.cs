using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>One random life of one log on a simulated disk: rounds of operations, each ended by a crash and a recovery.</summary>
/// <remarks>Everything follows from the seed. The trace tells the story when a promise is broken.</remarks>
internal sealed class CrashRun
{
    private const int Rounds = 3;
    private const int OperationsPerRound = 40;

    private readonly CrashScene _scene;
    private readonly CrashOperations _operations;
    private bool _created;
    private (long Start, long End)? _expectedAfterRecovery;

    internal CrashRun(ulong seed, Sabotage sabotage = Sabotage.None, DiskLies lies = DiskLies.None)
    {
        _scene = new CrashScene(seed, sabotage, lies);
        _operations = new CrashOperations(_scene);
    }

    /// <summary>What happened, one line per operation.</summary>
    internal string Trace => _scene.Trace;

    /// <summary>Lives the life; throws <see cref="BrokenPromiseException"/> or whatever the engine threw unexpectedly.</summary>
    internal void Run()
    {
        LogDirectory.Format(_scene.Disk, TestDirectory.Path, TestDirectory.Identity);
        _scene.Disk.SyncDirectory("");
        for (int round = 0; round < Rounds; round++)
        {
            RunRound();
            EndRound();
        }

        Reopen(_scene.Disk.CrashImage(_scene.Random.NextUInt64()), "last crash");
        _scene.Directory!.Dispose();
    }

    private void RunRound()
    {
        bool losesPower = !_scene.Random.OneIn(4);
        if (losesPower)
        {
            _scene.Disk.PowerLossIn(1 + _scene.Random.Next(150));
        }

        try
        {
            if (_scene.Directory is null)
            {
                _scene.Open(_scene.Disk, "open");
            }

            CreateOnce();
            for (int i = 0; i < OperationsPerRound; i++)
            {
                _operations.Operate();
                if (_scene.Random.OneIn(10))
                {
                    LogChecker.CheckContent(_scene.Log!, _scene.Model);
                }
            }
        }
        catch (SimulatedPowerLossException)
        {
            _scene.Note("power loss");
        }
        catch (StorageException exception) when (exception.Kind is StorageErrorKind.Io or StorageErrorKind.DiskFull || _scene.Log?.Failure is not null)
        {
            _scene.Note($"failed: {exception.Message}");
        }
    }

    /// <summary>The machine or only the process dies; then everything durable must be found again.</summary>
    private void EndRound()
    {
        PartitionLog? log = _scene.Log;
        if (log is not null)
        {
            _scene.Model.DurableFloor = Math.Min(_scene.Model.DurableCap, Math.Max(_scene.Model.DurableFloor, log.DurableEnd.Value));
        }

        SimulatedDisk next;
        if (!_scene.Disk.HasLostPower && _scene.Random.OneIn(2))
        {
            bool evict = _scene.Random.OneIn(2);
            _scene.Note($"process killed, evict {evict}");
            _scene.Disk.RestartProcess(evict);
            _scene.Disk.ClearFaults();
            _scene.Disk.PowerLossIn(long.MaxValue);
            _scene.Disk.CapacityBytes = long.MaxValue;
            next = _scene.Disk;
        }
        else
        {
            ulong imageSeed = _scene.Random.NextUInt64();
            _scene.Note($"crash image {imageSeed}");
            next = _scene.Disk.CrashImage(imageSeed);
            next.CapacityBytes = long.MaxValue;
        }

        _scene.Directory = null;
        _scene.Log = null;
        next = CrashInRecovery(next, isImage: next != _scene.Disk);
        Reopen(next, "recovery");
    }

    /// <summary>Recovery that is interrupted, once or twice, changes nothing more (S-S1).</summary>
    private SimulatedDisk CrashInRecovery(SimulatedDisk disk, bool isImage)
    {
        while (_scene.Random.OneIn(3))
        {
            if (isImage)
            {
                _expectedAfterRecovery ??= RecoverCopy(disk.CrashImage(_scene.Random.NextUInt64()));
            }

            disk.PowerLossIn(1 + _scene.Random.Next(30));
            try
            {
                using LogDirectory directory = LogDirectory.Open(disk, TestDirectory.Path, _scene.DirectoryOptions());
                _scene.Note("recovery was faster than the power loss");
                Verify(directory.Find("t", 0));
            }
            catch (SimulatedPowerLossException)
            {
                _scene.Note("power loss in recovery");
            }

            disk = disk.CrashImage(_scene.Random.NextUInt64());
            isImage = true;
        }

        return disk;
    }

    private (long Start, long End)? RecoverCopy(SimulatedDisk copy)
    {
        using LogDirectory directory = LogDirectory.Open(copy, TestDirectory.Path, _scene.DirectoryOptions());
        return directory.Find("t", 0) is { } log ? (log.LogStartOffset.Value, log.LogEndOffset.Value) : null;
    }

    private void Verify(PartitionLog? log)
    {
        if (log is null)
        {
            CrashScene.Require(!_created, "the log's folder is gone");
            return;
        }

        LogChecker.CheckRecovered(log, _scene.Model);
        LogChecker.Adopt(log, _scene.Model);
        LogChecker.CheckContent(log, _scene.Model);
    }

    private void Reopen(SimulatedDisk disk, string reason)
    {
        _scene.Open(disk, reason);
        Verify(_scene.Log);
        if (_scene.Log is not null && _expectedAfterRecovery is { } expected)
        {
            var found = (_scene.Log.LogStartOffset.Value, _scene.Log.LogEndOffset.Value);
            CrashScene.Require(found == expected, $"interrupted recovery gave {found}, uninterrupted {expected}");
        }

        _expectedAfterRecovery = null;
        if (_scene.Log is not null)
        {
            RecoverAgain(disk);
        }
    }

    /// <summary>A second recovery of the same folder finds the same log.</summary>
    private void RecoverAgain(SimulatedDisk disk)
    {
        if (!_scene.Random.OneIn(2))
        {
            return;
        }

        _scene.Directory!.Dispose();
        disk.RestartProcess(evictCleanPages: false);
        _scene.Open(disk, "recovery again");
        LogChecker.CheckContent(_scene.Log!, _scene.Model);
    }

    private void CreateOnce()
    {
        if (_scene.Log is null)
        {
            _scene.Log = _scene.Directory!.Create("t", 0, TestDirectory.Topic, _scene.Options);
            _created = true;
        }

        _operations.Begin();
    }
}
