using System.Globalization;

namespace RaftStream.Chaos.Reports;

/// <summary>What the nodes said around a moment; lines begin with a time.</summary>
internal sealed class NodeLogs
{
    private readonly List<(DateTimeOffset At, string Line)> _lines = [];

    /// <summary>Reads the files <c>*.log</c> of a folder.</summary>
    public static NodeLogs Read(string folder)
    {
        var logs = new NodeLogs();
        foreach (string file in Directory.GetFiles(folder, "*.log"))
        {
            string node = Path.GetFileNameWithoutExtension(file);
            foreach (string line in File.ReadLines(file))
            {
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                if (space > 0 && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
                {
                    logs._lines.Add((at, $"{node}  {line}"));
                }
            }
        }

        logs._lines.Sort((left, right) => left.At.CompareTo(right.At));
        return logs;
    }

    /// <summary>Lines between two moments, of all nodes, in order of their clocks.</summary>
    public IEnumerable<string> Between(DateTimeOffset from, DateTimeOffset to) => _lines.Where(line => line.At >= from && line.At <= to).Select(line => line.Line);
}
