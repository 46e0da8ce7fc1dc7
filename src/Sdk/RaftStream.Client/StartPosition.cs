using RaftStream.Model;

namespace RaftStream.Client;

/// <summary>Where to begin reading a partition.</summary>
public readonly record struct StartPosition
{
    private const long Latest = -1;
    private const long Earliest = -2;

    private StartPosition(long? offset, long timestampMs) => (Offset, TimestampMs) = (offset, timestampMs);

    /// <summary>The first kept record.</summary>
    public static StartPosition Beginning => new(null, Earliest);

    /// <summary>After the last record: only what is produced from now on.</summary>
    public static StartPosition End => new(null, Latest);

    /// <summary>An offset of the log, 0 or above.</summary>
    public static StartPosition AtOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new StartPosition(offset, 0);
    }

    /// <summary>The first record with this timestamp or a later one; the end when there is none.</summary>
    public static StartPosition AtTime(DateTimeOffset time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, DateTimeOffset.UnixEpoch);
        return new StartPosition(null, time.ToUnixTimeMilliseconds());
    }

    internal long? Offset { get; }

    /// <summary>As ListOffsets takes it: -1 latest, -2 earliest.</summary>
    internal long TimestampMs { get; }

    /// <summary>For messages.</summary>
    public override string ToString() => this switch
    {
        { Offset: { } offset } => $"offset {new Offset(offset)}",
        { TimestampMs: Latest } => "the end",
        { TimestampMs: Earliest } => "the beginning",
        _ => DateTimeOffset.FromUnixTimeMilliseconds(TimestampMs).ToString("O", System.Globalization.CultureInfo.InvariantCulture),
    };
}
