using System.Globalization;
using System.Text;
using RaftStream.Records;

namespace RaftStream.Storage.Checkpoints;

/// <summary>The common form of checkpoint files: text that a person can read, with version and checksum .</summary>
/// <remarks>
/// <code>
/// high-watermark 1          kind and version
/// orders 0 1234             one entry per line
/// crc32c 9a1b2c3d           of all bytes before this line
/// </code>
/// </remarks>
internal static class CheckpointText
{
    private const string CrcWord = "crc32c ";

    internal static byte[] Encode(string kind, int version, IEnumerable<string> lines)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{kind} {version}\n");
        foreach (string line in lines)
        {
            text.Append(line).Append('\n');
        }

        uint crc = Crc32C.Compute(Encoding.UTF8.GetBytes(text.ToString()));
        text.Append(CultureInfo.InvariantCulture, $"{CrcWord}{crc:x8}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The entries; null when the content is missing, cut, damaged, or of another kind or version.</summary>
    internal static string[]? TryDecode(string kind, int version, ReadOnlySpan<byte> content)
    {
        int crcLength = CrcWord.Length + 8 + 1;
        if (content.Length < crcLength || content[^1] != (byte)'\n')
        {
            return null;
        }

        ReadOnlySpan<byte> body = content[..^crcLength];
        string crcLine = Encoding.UTF8.GetString(content[^crcLength..^1]);
        string expected = string.Create(CultureInfo.InvariantCulture, $"{CrcWord}{Crc32C.Compute(body):x8}");
        if (crcLine != expected || body.Length == 0 || body[^1] != (byte)'\n')
        {
            return null;
        }

        string[] lines = Encoding.UTF8.GetString(body[..^1]).Split('\n');
        return lines[0] == string.Create(CultureInfo.InvariantCulture, $"{kind} {version}") ? lines[1..] : null;
    }
}
