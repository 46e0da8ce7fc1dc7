using System.Globalization;

namespace RaftStream.Storage;

/// <summary>Names of folders in a data folder: <c>topic-partition</c>, and those that wait for something else.</summary>
internal static class LogFolderName
{
    /// <summary>A deleted partition: <c>topic-partition.time.delete</c>, removed when the delay is over.</summary>
    internal const string Deleted = ".delete";

    /// <summary>A partition of another topic incarnation: <c>topic-partition.time.stray</c>, removed likewise .</summary>
    internal const string Stray = ".stray";

    /// <summary>Data without a readable <c>partition.metadata</c>: never used and never removed by itself .</summary>
    internal const string Damaged = ".damaged";

    internal static string Of(string topic, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}");

    internal static string OfRemoved(string name, long nowMs, string suffix) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}.{nowMs}{suffix}");

    internal static bool TryParse(string name, out string topic, out int partition)
    {
        int dash = name.LastIndexOf('-');
        topic = dash > 0 ? name[..dash] : "";
        partition = -1;
        return dash > 0
            && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out partition)
            && Of(topic, partition) == name;
    }

    /// <summary>Where damaged data goes: the first name that is not taken by an earlier copy, <c>name.damaged</c>, <c>name.2.damaged</c> ...</summary>
    internal static string OfDamaged(string name, Func<string, bool> isTaken)
    {
        string free = name + Damaged;
        for (int copy = 2; isTaken(free); copy++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}.{copy}{Damaged}");
        }

        return free;
    }

    /// <summary>Whose data was set aside as damaged; false for every other name.</summary>
    internal static bool TryParseDamaged(string name, out string topic, out int partition)
    {
        (topic, partition) = ("", -1);
        if (!name.EndsWith(Damaged, StringComparison.Ordinal))
        {
            return false;
        }

        string stem = name[..^Damaged.Length];
        int dot = stem.LastIndexOf('.');
        return TryParse(stem, out topic, out partition)
            || (dot > 0 && int.TryParse(stem.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _) && TryParse(stem[..dot], out topic, out partition));
    }

    /// <summary>When a deleted or stray folder was renamed; false for every other name.</summary>
    internal static bool TryParseRemoved(string name, out long removedAtMs)
    {
        removedAtMs = 0;
        string? suffix = name.EndsWith(Deleted, StringComparison.Ordinal) ? Deleted
            : name.EndsWith(Stray, StringComparison.Ordinal) ? Stray
            : null;
        if (suffix is null)
        {
            return false;
        }

        string stem = name[..^suffix.Length];
        int dot = stem.LastIndexOf('.');
        return dot > 0 && long.TryParse(stem.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out removedAtMs);
    }
}
