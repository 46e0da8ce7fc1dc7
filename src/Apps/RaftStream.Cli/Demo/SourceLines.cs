using System.Globalization;
using System.Text;
using RaftStream.Model;

namespace RaftStream.Cli.Demo;

/// <summary>The lines that the demo produces: real ones from this machine's logs where there are any.</summary>
/// <param name="Lines">Bytes, without line ends.</param>
/// <param name="Origin">For people: where they are from.</param>
internal sealed record SourceLines(IReadOnlyList<byte[]> Lines, string Origin)
{
    private const int FewestRealLines = 20;

    // Package and boot logs that every Debian has in some form, and that need no rights to be read.
    private static readonly string[] WellKnown =
    [
        "/var/log/dpkg.log", "/var/log/dpkg.log.1", "/var/log/apt/term.log", "/var/log/apt/history.log",
        "/var/log/alternatives.log", "/var/log/bootstrap.log", "/var/log/syslog", "/var/log/messages", "/var/log/kern.log",
        "/var/log/pacman.log", "/var/log/dnf.log",
    ];

    /// <summary>Exactly <paramref name="count"/> lines; those that were found are used over and over when they are fewer.</summary>
    /// <param name="file">Null: look for the system's logs.</param>
    /// <exception cref="CliException">The named file has no lines.</exception>
    public static SourceLines Collect(string? file, int count)
    {
        var lines = new List<byte[]>();
        var origins = new List<string>();
        foreach (string path in file is null ? WellKnown.Where(File.Exists) : [file])
        {
            if (lines.Count < count && TryRead(path, mustWork: file is not null) is { Count: > 0 } found)
            {
                lines.AddRange(found.Take(count - lines.Count));
                origins.Add(path);
            }
        }

        if (file is not null && lines.Count == 0)
        {
            throw new CliException($"There are no lines in {file}.");
        }

        string origin = string.Join(", ", origins);
        if (file is null && lines.Count < FewestRealLines)
        {
            lines = Invent(count);
            origin = "made up, since no log file can be read here";
        }

        int distinct = lines.Count;
        while (lines.Count < count)
        {
            lines.Add(lines[lines.Count - distinct]);
        }

        string times = distinct < count
            ? string.Create(CultureInfo.InvariantCulture, $", {distinct:N0} lines over and over")
            : "";
        return new SourceLines(lines, origin + times);
    }

    private static List<byte[]>? TryRead(string path, bool mustWork)
    {
        try
        {
            var lines = new List<byte[]>();
            ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOf((byte)'\n');
                lines.Add(rest[..(end < 0 ? rest.Length : end)].ToArray());
                rest = end < 0 ? default : rest[(end + 1)..];
            }

            return lines;
        }
        catch (Exception exception) when (!mustWork && exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static List<byte[]> Invent(int count)
    {
        string[] actions = ["install", "configure", "unpack", "upgrade", "trigproc", "remove"];
        string[] packages = ["libc6", "zlib1g", "bash", "coreutils", "openssl", "python3-minimal", "libstdc++6", "tzdata"];
        var prng = new Prng(seed: 1);
        var time = new DateTime(2025, 6, 1, 8, 0, 0, DateTimeKind.Utc);
        var lines = new List<byte[]>();
        for (int i = 0; i < count; i++)
        {
            time = time.AddMilliseconds(prng.Next(900));
            string action = actions[prng.Next(actions.Length)];
            string package = packages[prng.Next(packages.Length)];
            lines.Add(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss} {action} {package}:amd64 1.{prng.Next(90)}-{prng.Next(9)}")));
        }

        return lines;
    }
}
