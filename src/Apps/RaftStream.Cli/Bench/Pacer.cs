using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RaftStream.Cli.Bench;

/// <summary>Waits for moments that are fractions of a millisecond away without burning a core, which timers cannot.</summary>
/// <remarks>Use it on one thread of its own.</remarks>
internal sealed partial class Pacer
{
    private const int MonotonicClock = 1;
    private const int SetTimerSlack = 29;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _ticksPerEvent;

    /// <summary>Starts now, <paramref name="perSecond"/> events a second.</summary>
    public Pacer(double perSecond)
    {
        _ticksPerEvent = Stopwatch.Frequency / perSecond;
        if (OperatingSystem.IsLinux())
        {
            // By default the kernel may wake a thread 50 us late, to save power.
            _ = SetProcessOption(SetTimerSlack, 1, 0, 0, 0);
        }
    }

    /// <summary>Waits for the moment of event <paramref name="number"/> (from 0).</summary>
    /// <returns>How late it is already, in the stopwatch's ticks; 0 when it had to wait.</returns>
    public long WaitFor(long number)
    {
        long due = _start + (long)(number * _ticksPerEvent);
        long now = Stopwatch.GetTimestamp();
        if (now >= due)
        {
            return now - due;
        }

        if (OperatingSystem.IsLinux())
        {
            Sleep((long)((due - now) * ((double)NanosecondsPerSecond / Stopwatch.Frequency)));
        }

        SpinWait.SpinUntil(() => Stopwatch.GetTimestamp() >= due);
        return 0;
    }

    private static void Sleep(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, NanosecondsPerSecond);
        var wait = new TimeSpec { Seconds = (nint)seconds, Nanoseconds = (nint)rest };
        _ = SleepFor(MonotonicClock, 0, in wait, 0);
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int SleepFor(int clock, int flags, in TimeSpec request, nint remain);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int SetProcessOption(int option, nuint value, nuint unused3, nuint unused4, nuint unused5);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
