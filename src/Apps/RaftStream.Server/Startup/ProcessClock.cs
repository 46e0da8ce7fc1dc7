using System.Globalization;

namespace RaftStream.Server.Startup;

/// <summary>When this process started, by the kernel: what the runtime did before the first line of ours counts too.</summary>
internal static class ProcessClock
{
    private const string StatusFile = "/proc/self/stat";
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on
    private const int StartTimeField = 22;

    /// <summary>Time since the process started, in steps of 10 ms.</summary>
    public static TimeSpan Age()
    {
        if (!File.Exists(StatusFile))
        {
            return DateTime.UtcNow - System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
        }

        // The name of the program is in parentheses and may hold anything; fields are counted from behind it.
        string status = File.ReadAllText(StatusFile);
        string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
        long startTicks = long.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture);
        string uptime = File.ReadAllText("/proc/uptime").Split(' ')[0];
        double seconds = double.Parse(uptime, CultureInfo.InvariantCulture) - (startTicks / (double)TicksPerSecond);
        return TimeSpan.FromSeconds(Math.Max(0, seconds));
    }
}
