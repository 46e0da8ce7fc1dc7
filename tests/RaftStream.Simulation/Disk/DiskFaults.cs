using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Simulation.Disk;

/// <summary>What goes wrong with a disk: planned errors, a read-only mount, and the moment at which the power fails (F-3, F-4).</summary>
internal sealed class DiskFaults(Prng random)
{
    private readonly List<PlannedFault> _planned = [];
    private long _effectsLeft = long.MaxValue;

    /// <summary>True: every change is refused.</summary>
    internal bool IsReadOnly { get; set; }

    /// <summary>Changes so far.</summary>
    internal long Effects { get; private set; }

    /// <summary>True after the power failed.</summary>
    internal bool HasLostPower { get; private set; }

    /// <summary>Lets the power fail at the given effect from now on (1: the next one).</summary>
    internal void PowerLossIn(long effects) => _effectsLeft = effects;

    /// <summary>It was not the machine that died, only the process.</summary>
    internal void RestorePower() => HasLostPower = false;

    /// <summary>Lets the next matching operation fail, or all of them.</summary>
    /// <param name="pathPart">Only paths that contain this; null is any.</param>
    /// <param name="forever">False: once.</param>
    /// <param name="kind">What the engine is told.</param>
    internal void Plan(DiskOperation operation, string? pathPart, bool forever, StorageErrorKind kind) =>
        _planned.Add(new PlannedFault(operation, pathPart, forever, kind));

    /// <summary>Forgets planned faults that did not happen yet.</summary>
    internal void Clear() => _planned.Clear();

    /// <summary>Runs one change of the disk: counted, perhaps failed, perhaps the moment of the power loss.</summary>
    internal void Effect(DiskOperation operation, string path, Action change, Action? onFailure = null)
    {
        ThrowIfOff();
        if (IsReadOnly)
        {
            throw new StorageException(StorageErrorKind.ReadOnly, $"{operation} of {path} failed: read-only file system.");
        }

        if (Take(operation, path) is { } fault)
        {
            onFailure?.Invoke();
            throw Failure(fault, path);
        }

        Effects++;
        bool isLast = --_effectsLeft == 0;
        if (!isLast || random.OneIn(2))
        {
            change();
        }

        if (isLast)
        {
            HasLostPower = true;
            throw new SimulatedPowerLossException();
        }
    }

    /// <summary>An operation that changes nothing.</summary>
    internal void ThrowIfPlanned(DiskOperation operation, string path)
    {
        ThrowIfOff();
        if (Take(operation, path) is { } fault)
        {
            throw Failure(fault, path);
        }
    }

    /// <exception cref="SimulatedPowerLossException">The power has failed.</exception>
    internal void ThrowIfOff()
    {
        if (HasLostPower)
        {
            throw new SimulatedPowerLossException();
        }
    }

    private PlannedFault? Take(DiskOperation operation, string path)
    {
        PlannedFault? fault = _planned.Find(planned => planned.Operation == operation
            && (planned.PathPart is null || path.Contains(planned.PathPart, StringComparison.Ordinal)));
        if (fault is { Forever: false })
        {
            _planned.Remove(fault);
        }

        return fault;
    }

    private static StorageException Failure(PlannedFault fault, string path) =>
        new(fault.Kind, $"{fault.Operation} of {path} failed: simulated fault.");

    private sealed record PlannedFault(DiskOperation Operation, string? PathPart, bool Forever, StorageErrorKind Kind);
}
