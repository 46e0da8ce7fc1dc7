using System.Globalization;

namespace RaftStream.Server.Settings;

/// <summary>Reads <c>host:port</c>; an IPv6 address stands in brackets.</summary>
internal static class HostAndPort
{
    /// <summary>Host (brackets taken off) and port; false when the text is something else.</summary>
    /// <param name="leastPort">0 where a free port may be asked for, else 1.</param>
    public static bool TryParse(string text, int leastPort, out string host, out int port)
    {
        int colon = text.LastIndexOf(':');
        host = colon < 0 ? "" : text[..colon];
        port = 0;
        bool isBracketed = host is ['[', .., ']'];
        if (!isBracketed && host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        host = isBracketed ? host[1..^1] : host;
        return host.Length > 0
            && !host.Any(char.IsWhiteSpace)
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port >= leastPort
            && port <= 65535;
    }

    /// <summary>A list with commas between, without empty entries.</summary>
    public static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
