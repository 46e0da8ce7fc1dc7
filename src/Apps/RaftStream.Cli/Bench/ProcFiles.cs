using System.Globalization;

namespace RaftStream.Cli.Bench;

/// <summary>What Linux tells about other processes under <c>/proc</c>.</summary>
internal static class ProcFiles
{
    // The unit of the times in /proc/<pid>/stat: sysconf(_SC_CLK_TCK), 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private const string ListenState = "0A";

    /// <summary>Processor time of a process so far, user and system, seconds; in steps of 10 ms. Null when it is gone.</summary>
    public static double? CpuSeconds(int pid)
    {
        string? stat = ReadOrNull($"/proc/{pid}/stat");
        if (stat is null)
        {
            return null;
        }

        // The name, in parentheses, may hold spaces; behind it the fields are counted from 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int UserTime = 14 - 3;
        const int SystemTime = 15 - 3;
        return (Number(fields[UserTime]) + Number(fields[SystemTime])) / TicksPerSecond;
    }

    /// <summary>Resident memory of a process, bytes; null when it is gone.</summary>
    public static long? ResidentBytes(int pid) => StatusBytes(pid, "VmRSS:");

    /// <summary>Largest resident memory of a process so far, bytes; null when it is gone.</summary>
    public static long? PeakResidentBytes(int pid) => StatusBytes(pid, "VmHWM:");

    /// <summary>The process that listens on a TCP port here; null when none is found or it may not be looked into.</summary>
    public static int? FindListener(int port)
    {
        HashSet<string> sockets = [.. ListeningSockets("/proc/net/tcp", port), .. ListeningSockets("/proc/net/tcp6", port)];
        if (sockets.Count == 0)
        {
            return null;
        }

        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            bool isProcess = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid);
            if (isProcess && HasSocket(folder, sockets))
            {
                return pid;
            }
        }

        return null;
    }

    private static IEnumerable<string> ListeningSockets(string table, int port)
    {
        string suffix = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (string line in (ReadOrNull(table) ?? "").Split('\n').Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == ListenState)
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }

    private static bool HasSocket(string processFolder, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(processFolder, "fd"))
                .Any(entry => File.ResolveLinkTarget(entry, returnFinalTarget: false) is { } target && sockets.Contains(target.Name));
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // Somebody else's process, or one that has just ended.
            return false;
        }
    }

    private static long? StatusBytes(int pid, string field)
    {
        string[] lines = ReadOrNull($"/proc/{pid}/status")?.Split('\n') ?? [];
        string? line = lines.FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null ? null : Number(line.AsSpan(field.Length).Trim().TrimEnd(" kB")) * 1024;
    }

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }
}
