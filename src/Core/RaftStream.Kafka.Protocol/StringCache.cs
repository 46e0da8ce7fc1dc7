using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RaftStream.Kafka.Protocol;

/// <summary>Strings that come again and again, so that reading a name that was read before allocates nothing.</summary>
/// <remarks>
/// Fixed memory: each name has one place, where the last one read stays; only ASCII of at most 255 bytes. Peers cannot make it grow, at
/// worst they make it useless for themselves. One owner (a connection, say); not thread-safe.
/// </remarks>
public sealed class StringCache
{
    private const int LongestKept = 255;

    private readonly string?[] _places;

    /// <summary>Makes room.</summary>
    /// <param name="places">Strings that can be kept, a power of two.</param>
    public StringCache(int places = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(places & (places - 1), 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        _places = new string?[places];
    }

    internal bool TryGet(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        if (utf8.IsEmpty)
        {
            text = "";
            return true;
        }

        text = utf8.Length <= LongestKept ? _places[Place(utf8)] : null;
        return text is not null && text.Length == utf8.Length && Ascii.Equals(utf8, text);
    }

    internal void Add(ReadOnlySpan<byte> utf8, string text)
    {
        // Equal lengths: every character took one byte.
        if (utf8.Length <= LongestKept && text.Length == utf8.Length)
        {
            _places[Place(utf8)] = text;
        }
    }

    private int Place(ReadOnlySpan<byte> utf8)
    {
        uint hash = (uint)utf8.Length;
        foreach (byte b in utf8)
        {
            hash = (hash ^ b) * 16_777_619;
        }

        return (int)((hash ^ (hash >> 15)) & (uint)(_places.Length - 1));
    }
}
