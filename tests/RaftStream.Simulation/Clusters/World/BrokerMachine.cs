using RaftStream.Model;
using RaftStream.Simulation.Disk;
using RaftStream.Simulation.Quorums.World;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>One machine of a broker: its disk, its clocks, and the process on it, which comes and goes.</summary>
internal sealed class BrokerMachine
{
    public const string Folder = "/data";

    private readonly Prng _prng;
    private readonly List<Action> _whilePaused = [];
    private bool _mayFail;
    private bool _losesPowerSoon;
    private bool _isLossy;

    public BrokerMachine(ClusterWorld world, int id, Prng prng)
    {
        World = world;
        _prng = prng;
        Id = new NodeId(id);
        Clock = new SimulatedClock(world.Agenda, 950 + prng.Next(101));
        Disk = new SimulatedDisk(prng.NextUInt64());
        Format();
    }

    public ClusterWorld World { get; }

    public NodeId Id { get; }

    /// <summary>Every other machine stands in the same rack.</summary>
    public string Rack => RackOf(Id.Value);

    public SimulatedDisk Disk { get; private set; }

    public SimulatedClock Clock { get; }

    /// <summary>The process; null while it is down.</summary>
    public BrokerProcess? Process { get; private set; }

    public bool IsUp => Process is not null;

    public bool IsPaused { get; private set; }

    /// <summary>Counts starts.</summary>
    public int Incarnation { get; private set; }

    /// <summary>How long a flush takes, in virtual milliseconds.</summary>
    public long FlushMs { get; set; } = 2;

    /// <summary>How late metadata comes here.</summary>
    public long MetadataLagMs { get; set; }

    /// <summary>True from any unclean end until the process has registered anew: the controller takes it for lossy (R-9.5).</summary>
    public bool IsUnclean { get; private set; }

    /// <summary>Its disk was replaced, and the controller does not know it yet.</summary>
    public bool IsWiped { get; private set; }

    /// <summary>It has lost records, or is about to.</summary>
    public bool IsLossy => _isLossy || MayFail || _losesPowerSoon || IsWiped;

    private bool MayFail => _mayFail || Disk.CapacityBytes < long.MaxValue;

    public static string RackOf(int index) => $"rack{index % 2}";

    /// <summary>From now on storage errors are meant (F-4).</summary>
    public void ExpectFailure() => _mayFail = true;

    public void Start()
    {
        if (IsUp)
        {
            return;
        }

        Incarnation++;
        IsPaused = false;
        Disk.NowMs = Clock.WallMs;
        try
        {
            Process = new BrokerProcess(this, Incarnation, _prng.Fork());
            World.Checks.Started(Process);
        }
        catch (SimulatedPowerLossException)
        {
            PowerIsGone();
        }
        catch (StorageException) when (Disk.HasLostPower)
        {
            PowerIsGone();
        }
        catch (StorageException exception) when (MayFail)
        {
            World.Note($"{Id} does not start: {exception.Message}");
            Failed();
        }

        World.Note($"{Id} started, incarnation {Incarnation}{(IsUp ? "" : ": died")}");
        if (Process is { } process)
        {
            Guarded(process, process.Begin);
        }
    }

    /// <summary>Something happens to this process, unless it is dead.</summary>
    public void Do(BrokerProcess process, Action action)
    {
        if (!ReferenceEquals(process, Process))
        {
            return;
        }

        if (IsPaused)
        {
            _whilePaused.Add(() => Do(process, action));
            return;
        }

        Disk.NowMs = Clock.WallMs;
        Guarded(process, action);
    }

    /// <summary>kill -9: the page cache of the machine stays.</summary>
    public void Kill()
    {
        if (IsUp)
        {
            Die(isSilent: false);
            Disk.RestartProcess(evictCleanPages: _prng.OneIn(2));
        }
    }

    /// <summary>The machine loses its power: what was not flushed is gone, or is not (F-3).</summary>
    public void LosePower()
    {
        _isLossy = true;
        _losesPowerSoon = false;
        Die(isSilent: !_prng.OneIn(3));
        World.Checks.LostPower(Id.Value);
        Disk = Disk.CrashImage(_prng.NextUInt64());
    }

    /// <summary>The machine loses its power after so many effects on its disk, in the middle of whatever it does then.</summary>
    public void LosePowerIn(long effects)
    {
        _losesPowerSoon = true;
        Disk.PowerLossIn(effects);
    }

    /// <summary>The disk is replaced by an empty one (F-6); its new directory id says so to the controller (R-9.5).</summary>
    public void Wipe()
    {
        Die(isSilent: false);
        (IsWiped, _mayFail, _losesPowerSoon) = (true, false, false);
        World.Checks.Wiped(Id.Value);
        Disk = new SimulatedDisk(_prng.NextUInt64());
        Format();
    }

    /// <summary>The disk is full after so many more bytes, until <see cref="MakeRoom"/> (P78).</summary>
    public void FillDisk(long room) => Disk.CapacityBytes = Disk.UsedBytes() + room;

    /// <summary>Somebody has deleted something else.</summary>
    public void MakeRoom() => Disk.CapacityBytes = long.MaxValue;

    /// <summary>The controller knows now what it may have lost (R-9.5).</summary>
    public void Registered() => (_isLossy, IsUnclean, IsWiped) = (false, false, false);

    /// <summary>SIGSTOP: nothing happens here until <see cref="Resume"/>, and then everything at once.</summary>
    public void Pause() => IsPaused = IsUp;

    /// <summary>SIGCONT.</summary>
    public void Resume()
    {
        if (!IsPaused)
        {
            return;
        }

        IsPaused = false;
        List<Action> missed = [.. _whilePaused];
        _whilePaused.Clear();
        missed.ForEach(action => action());
    }

    /// <summary>Everything on the disk works again.</summary>
    public void Mend()
    {
        Disk.ClearFaults();
        MakeRoom();
        Disk.PowerLossIn(long.MaxValue);
        (_mayFail, _losesPowerSoon) = (false, false);
        FlushMs = 2;
        MetadataLagMs = 0;
    }

    /// <summary>The process has ended by itself, in good order or not.</summary>
    /// <param name="isClean">It has left a clean-shutdown file (S-S7).</param>
    public void Ended(bool isClean)
    {
        if (IsUp)
        {
            bool wasUnclean = IsUnclean;
            Die(isSilent: false);
            IsUnclean = wasUnclean || !isClean;
            Disk.RestartProcess(evictCleanPages: false);
        }
    }

    /// <summary>For failure reports.</summary>
    public override string ToString() => Process is { } process ? $"{Id}{(IsPaused ? " paused" : "")} {process}" : $"{Id} down";

    private void Format() =>
        LogDirectory.Format(Disk, Folder, new DirectoryIdentity(ClusterWorld.ClusterId, Id, _prng.NextGuid()));

    /// <summary>A process dies of storage errors (R-12.6); only faults that were injected excuse it.</summary>
    private void Guarded(BrokerProcess process, Action action)
    {
        try
        {
            action();
            process.Settle();
        }
        catch (SimulatedPowerLossException)
        {
            PowerIsGone();
        }
        catch (StorageException) when (Disk.HasLostPower)
        {
            PowerIsGone();
        }
        catch (StorageException exception) when (MayFail)
        {
            World.Note($"{Id} storage failed: {exception.Message}");
            Failed();
        }

        if (Disk.HasLostPower)
        {
            PowerIsGone();
        }
        else if (ReferenceEquals(process, Process) && process.Failure is { } failure)
        {
            if (failure is not StorageException || !MayFail)
            {
                throw new InvalidOperationException($"broker {Id} stopped by itself: {failure.Message}", failure);
            }

            World.Note($"{Id} stopped: {failure.Message}");
            Failed();
        }

        if (ReferenceEquals(process, Process))
        {
            World.Checks.AfterEvent(process);
        }
    }

    private void PowerIsGone()
    {
        World.Marks.Reach("power loss inside a step");
        World.Note($"{Id} lost its power");
        LosePower();
    }

    private void Failed()
    {
        World.Marks.Reach("storage error");
        _mayFail = false;
        _isLossy = true; // a failed flush drops what it should have written
        World.Checks.LostPower(Id.Value);
        Die(isSilent: false);
        Disk.RestartProcess(evictCleanPages: true);
        Disk.ClearFaults();
    }

    private void Die(bool isSilent)
    {
        _whilePaused.Clear();
        IsPaused = false;
        IsUnclean = true;
        if (Process is { } process)
        {
            Process = null;
            World.Checks.Died(process);
            process.Die(isSilent);
        }
    }
}
