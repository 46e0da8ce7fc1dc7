using System.Collections.Immutable;
using System.Net;

namespace RaftStream.Server.Settings;

/// <summary>One entry of a list of listeners.</summary>
/// <param name="Name">The listener.</param>
/// <param name="Host">An address to listen on, or the host that clients are told; never empty.</param>
/// <param name="Port">TCP port; 0 takes a free one.</param>
internal readonly record struct KafkaListenerEntry(string Name, string Host, int Port);

/// <summary>Reads Kafka's way to write listeners: <c>PLAINTEXT://127.0.0.1:9092,DOCKER://:19092</c>.</summary>
internal static class KafkaListenerList
{
    private const string Separator = "://";

    /// <summary>The entries of a list without mistakes.</summary>
    public static ImmutableArray<KafkaListenerEntry> Read(string text) => [.. HostAndPort.Split(text).Select(entry => TryRead(entry, out var read) ? read : default)];

    /// <summary>What is wrong with a list; null when nothing is.</summary>
    /// <param name="isListening">True for addresses of this machine, false for what clients are told.</param>
    public static string? Mistake(string text, bool isListening)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string entry in HostAndPort.Split(text))
        {
            if (!TryRead(entry, out KafkaListenerEntry read))
            {
                return $"must be a list of NAME://{(isListening ? "address" : "host")}:port, e.g. PLAINTEXT://{(isListening ? "0.0.0.0" : "broker-1.example.org")}:9092, and not \"{entry}\"";
            }

            if (!names.Add(read.Name))
            {
                return $"names the listener {read.Name} twice";
            }

            if (isListening && ToAddress(read.Host) is null)
            {
                return $"must have IP addresses of this machine, localhost or *, and not \"{read.Host}\"";
            }

            if (!isListening && (read.Host is "*" or "0.0.0.0" or "::" || read.Port == 0))
            {
                return $"must have hosts and ports that clients can connect to, and not \"{entry}\"";
            }
        }

        return null;
    }

    /// <summary>The address to listen on; null when it is none.</summary>
    public static IPAddress? ToAddress(string host) => host switch
    {
        "*" => EveryAddress.Value,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(host, out IPAddress? address) ? address : null,
    };

    private static bool TryRead(string entry, out KafkaListenerEntry read)
    {
        read = default;
        int at = entry.IndexOf(Separator, StringComparison.Ordinal);
        if (at <= 0 || !entry.AsSpan(0, at).ContainsOnlyNameCharacters())
        {
            return false;
        }

        string place = entry[(at + Separator.Length)..];
        place = place.StartsWith(':') ? "*" + place : place;
        if (!HostAndPort.TryParse(place, leastPort: 0, out string host, out int port))
        {
            return false;
        }

        read = new KafkaListenerEntry(entry[..at], host, port);
        return true;
    }

    private static bool ContainsOnlyNameCharacters(this ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
