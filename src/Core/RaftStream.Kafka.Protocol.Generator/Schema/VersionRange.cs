using System.Globalization;

namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>The versions from <see cref="Low"/> to <see cref="High"/>, both inclusive; written <c>3+</c>, <c>0-12</c> or <c>5</c>.</summary>
public readonly struct VersionRange(int low, int high)
{
    /// <summary>Above every version.</summary>
    public const int Open = short.MaxValue;

    /// <summary>Every version.</summary>
    public static readonly VersionRange All = new(0, Open);

    /// <summary>No version.</summary>
    public static readonly VersionRange None = new(0, -1);

    /// <summary>First version.</summary>
    public int Low { get; } = low;

    /// <summary>Last version, inclusive; below <see cref="Low"/> when the range is empty.</summary>
    public int High { get; } = high;

    /// <summary>True when no version is in it.</summary>
    public bool IsEmpty => High < Low;

    /// <summary>True when <paramref name="version"/> is in it.</summary>
    public bool Contains(int version) => version >= Low && version <= High;

    /// <summary>True when every version of <paramref name="other"/> is in it.</summary>
    public bool Covers(VersionRange other) => other.IsEmpty || (Low <= other.Low && other.High <= High);

    /// <summary>The versions that are in both.</summary>
    public VersionRange And(VersionRange other) => new(Math.Max(Low, other.Low), Math.Min(High, other.High));

    /// <summary>Reads the written form; false when it is none.</summary>
    public static bool TryParse(string text, out VersionRange range)
    {
        range = None;
        if (text == "none")
        {
            return true;
        }

        int dash = text.IndexOf('-');
        int low, high;
        if (text.EndsWith("+", StringComparison.Ordinal))
        {
            if (!TryVersion(text.Substring(0, text.Length - 1), out low))
            {
                return false;
            }

            high = Open;
        }
        else if (dash > 0)
        {
            if (!TryVersion(text.Substring(0, dash), out low) || !TryVersion(text.Substring(dash + 1), out high) || high < low)
            {
                return false;
            }
        }
        else if (TryVersion(text, out low))
        {
            high = low;
        }
        else
        {
            return false;
        }

        range = new VersionRange(low, high);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "none"
        : High == Open ? Low.ToString(CultureInfo.InvariantCulture) + "+"
        : Low == High ? Low.ToString(CultureInfo.InvariantCulture)
        : Low.ToString(CultureInfo.InvariantCulture) + "-" + High.ToString(CultureInfo.InvariantCulture);

    private static bool TryVersion(string text, out int version) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version) && version < Open;
}
