using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Storage.Segments;

/// <summary>Names of the files of a partition's folder, as Kafka's: the base offset in 20 digits and a suffix.</summary>
internal static class SegmentFiles
{
    internal const string Log = ".log";
    internal const string OffsetIndex = ".index";
    internal const string TimeIndex = ".timeindex";
    internal const string Snapshot = ".snapshot";

    /// <summary>A removed file that waits for its deletion.</summary>
    internal const string Deleted = ".deleted";

    /// <summary>A file that is being written and does not count yet.</summary>
    internal const string Temporary = ".tmp";

    private const int Digits = 20;

    internal static string Path(string directory, Offset baseOffset, string suffix) =>
        string.Create(CultureInfo.InvariantCulture, $"{directory}/{baseOffset.Value:D20}{suffix}");

    /// <summary>The offset in <paramref name="name"/>, when it is 20 digits and <paramref name="suffix"/>.</summary>
    internal static bool TryParse(string name, string suffix, out Offset offset)
    {
        offset = default;
        if (name.Length != Digits + suffix.Length || !name.EndsWith(suffix, StringComparison.Ordinal))
        {
            return false;
        }

        if (!long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        offset = new Offset(value);
        return true;
    }
}
