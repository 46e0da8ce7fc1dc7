using System.Globalization;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary><c>leader-epoch-checkpoint</c> in a partition's folder: one line "epoch start" per reign.</summary>
internal static class LeaderEpochFile
{
    internal const string Name = "leader-epoch-checkpoint";
    private const int Version = 1;

    internal static void Write(IFileSystem fileSystem, string directory, IEnumerable<EpochEntry> entries)
    {
        IEnumerable<string> lines = entries.Select(entry =>
            string.Create(CultureInfo.InvariantCulture, $"{entry.Epoch.Value} {entry.Start.Value}"));
        AtomicFile.Replace(fileSystem, directory, Name, CheckpointText.Encode(Name, Version, lines));
    }

    /// <summary>The entries in order; null when missing or damaged: then the batches say it (P69).</summary>
    internal static List<EpochEntry>? TryRead(IFileSystem fileSystem, string directory)
    {
        string[]? lines = CheckpointText.TryDecode(Name, Version, AtomicFile.TryRead(fileSystem, directory, Name));
        if (lines is null)
        {
            return null;
        }

        var entries = new List<EpochEntry>(lines.Length);
        foreach (string line in lines)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0
                || !int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
                || !long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long start))
            {
                return null;
            }

            var entry = new EpochEntry(new LeaderEpoch(epoch), new Offset(start));
            if (entries.Count > 0 && (entry.Epoch <= entries[^1].Epoch || entry.Start <= entries[^1].Start))
            {
                return null;
            }

            entries.Add(entry);
        }

        return entries;
    }
}
