using System.Globalization;
using RaftStream.Raft;

namespace RaftStream.Cli.CommandLine;

/// <summary>Reads <c>host:port</c> of the quorum; an IPv6 address stands in brackets.</summary>
internal static class HostPort
{
    /// <summary>The endpoint, brackets taken off; null when the text is something else.</summary>
    public static RaftEndpoint? TryParse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
        {
            return null;
        }

        string host = text[..colon];
        bool isBracketed = host is ['[', .., ']'];
        host = isBracketed ? host[1..^1] : host;
        bool isSane = host.Length > 0
            && (isBracketed || !host.Contains(':', StringComparison.Ordinal))
            && !host.Any(static letter => char.IsWhiteSpace(letter) || letter is '@' or ',')
            && port is > 0 and <= 65535;
        return isSane ? new RaftEndpoint(host, port) : null;
    }
}
