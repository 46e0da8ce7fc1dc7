using System.Globalization;
using System.Text;
using RaftStream.Model;
using RaftStream.Simulation.Disk;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>What one life of a log has: the disk, the log as the engine knows it, the model of what it must hold, and the story.</summary>
internal sealed class CrashScene
{
    /// <summary>When a life begins, milliseconds since 1970.</summary>
    internal const long FirstTimestampMs = 1_000_000;

    private readonly Sabotage _sabotage;
    private readonly StringBuilder _trace = new();

    internal CrashScene(ulong seed, Sabotage sabotage, DiskLies lies)
    {
        _sabotage = sabotage;
        Random = new Prng(seed);
        Disk = new SimulatedDisk(Random.NextUInt64()) { NowMs = FirstTimestampMs, Lies = lies };
        Options = new LogOptions
        {
            SegmentBytes = 400 + Random.Next(1500),
            IndexIntervalBytes = 1 + Random.Next(300),
            IndexMaxBytes = Random.OneIn(3) ? 40 : 1 << 20,
            CheckpointBytes = 1 + Random.Next(800),
            RetentionMs = 5000,
            RetentionBytes = Random.OneIn(2) ? 3000 : -1,
            Flush = Random.OneIn(2) ? FlushMode.Commit : FlushMode.Os,
            TimestampsAreBounded = Random.OneIn(2),
        };
    }

    /// <summary>Decides everything.</summary>
    internal Prng Random { get; }

    /// <summary>Of the log.</summary>
    internal LogOptions Options { get; }

    /// <summary>What the log must hold.</summary>
    internal LogModel Model { get; } = new();

    /// <summary>The disk as it is now; another one after a power loss.</summary>
    internal SimulatedDisk Disk { get; set; }

    /// <summary>The folder; null while no process runs.</summary>
    internal LogDirectory? Directory { get; set; }

    /// <summary>The log; null before it was created, and while no process runs.</summary>
    internal PartitionLog? Log { get; set; }

    /// <summary>What happened, one line per operation.</summary>
    internal string Trace => _trace.ToString();

    /// <summary>Adds to the story.</summary>
    internal void Note(string line) => _trace.Append(line).Append('\n');

    /// <summary>Starts a process on <paramref name="disk"/>.</summary>
    internal void Open(SimulatedDisk disk, string reason)
    {
        Disk = disk;
        Directory = LogDirectory.Open(disk, TestDirectory.Path, DirectoryOptions());
        Log = Directory.Find("t", 0);
        Note($"{reason}: {Describe()} {Log?.Recovery}");
    }

    /// <summary>How a process opens the folder.</summary>
    internal LogDirectoryOptions DirectoryOptions() => new()
    {
        RecoveryParallelism = 1,
        MinFreeBytes = 0,
        DefaultLogOptions = Options,
        Sabotage = _sabotage,
    };

    /// <exception cref="BrokenPromiseException">The condition is false.</exception>
    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new BrokenPromiseException(message);
        }
    }

    private string Describe() => Log is null
        ? "no log"
        : string.Create(CultureInfo.InvariantCulture, $"[{Log.LogStartOffset}, {Log.LogEndOffset})");
}
