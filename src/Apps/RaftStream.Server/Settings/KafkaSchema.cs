using System.Collections.Immutable;

namespace RaftStream.Server.Settings;

/// <summary>The settings of the Kafka door; a part of <see cref="SettingsSchema"/>.</summary>
public static class KafkaSchema
{
    private const string Kafka = "Kafka";

    /// <summary>Where Kafka clients come in.</summary>
    public static readonly Setting<string> Listeners = new(
        "listeners", SettingTypes.Text("NAME://address:port, several with commas", text => KafkaListenerList.Mistake(text, isListening: true)),
        "PLAINTEXT://127.0.0.1:9092",
        "Where Kafka clients come in. There is no authentication yet, so only this machine is let in unless you say so: * or no address is everyone, by IPv4 and IPv6. Port 0 takes a free one. Empty takes no Kafka clients.")
    { Section = Kafka };

    /// <summary>What Kafka clients are told.</summary>
    public static readonly Setting<string> AdvertisedListeners = new(
        "advertised.listeners", SettingTypes.Text("NAME://host:port, several with commas", text => KafkaListenerList.Mistake(text, isListening: false)), "",
        "Addresses that Kafka clients are told, by listener: who came by a listener hears of the brokers' addresses of that name. Those not named here are told as they are in listeners (this machine's name when that is *).")
    { Section = Kafka };

    /// <summary>Which listeners have TLS.</summary>
    public static readonly Setting<string> SecurityProtocols = new(
        "listener.security.protocol.map", SettingTypes.Text("NAME:PLAINTEXT or NAME:SSL, several with commas", CheckProtocols), "",
        "Whether a listener serves cleartext or TLS. Those named PLAINTEXT and SSL are what they are called; others are PLAINTEXT unless this says SSL.")
    { Section = Kafka };

    /// <summary>TLS certificate of the Kafka listeners.</summary>
    public static readonly Setting<string> TlsCertificate = new(
        "kafka.tls.certificate", SettingTypes.Path, "", "PEM file with the certificate of Kafka listeners with the protocol SSL.")
    { Section = Kafka };

    /// <summary>Key of the certificate.</summary>
    public static readonly Setting<string> TlsKey = new(
        "kafka.tls.key", SettingTypes.Path, "",
        "PEM file with the private key of kafka.tls.certificate, not encrypted. Empty looks for it in the certificate's file.")
    { Section = Kafka };

    /// <summary>Most connections from one address.</summary>
    public static readonly Setting<int> MaxConnectionsPerAddress = new(
        "max.connections.per.ip", SettingTypes.Int(1, int.MaxValue), int.MaxValue, "Kafka connections at once from one address; more are closed.")
    { Section = Kafka };

    /// <summary>When an idle connection is closed.</summary>
    public static readonly Setting<long> MaxIdleMs = new(
        "connections.max.idle.ms", SettingTypes.Long(1_000, 86_400_000), 600_000, "Milliseconds without a byte in either direction after which a Kafka connection is closed.")
    { Section = Kafka };

    /// <summary>Memory of requests.</summary>
    public static readonly Setting<long> QueuedMaxBytes = new(
        "queued.max.request.bytes", SettingTypes.Long(1 << 20), 256L << 20,
        "Memory of Kafka requests of more than 16 KiB that may be under way at once, bytes; clients wait with more. A produce request counts with its size, any other with 16 times its size, since it is decoded. Answers that clients do not read may take half as much besides.")
    { Section = Kafka };

    /// <summary>All of them, in the order in which they are listed.</summary>
    internal static IReadOnlyList<Setting> All { get; } =
        [Listeners, AdvertisedListeners, SecurityProtocols, TlsCertificate, TlsKey, MaxConnectionsPerAddress, MaxIdleMs, QueuedMaxBytes];

    /// <summary>Protocols by the listener's name; true is TLS.</summary>
    internal static ImmutableDictionary<string, bool> ReadProtocols(string text) => HostAndPort.Split(text)
        .Select(entry => entry.Split(':'))
        .ToImmutableDictionary(parts => parts[0], parts => parts[1] == "SSL", StringComparer.Ordinal);

    private static string? CheckProtocols(string text)
    {
        string[][] entries = [.. HostAndPort.Split(text).Select(entry => entry.Split(':'))];
        string[]? odd = entries.FirstOrDefault(parts => parts is not [{ Length: > 0 }, "PLAINTEXT" or "SSL"]);
        return odd is not null
            ? $"must be NAME:PLAINTEXT or NAME:SSL, and not \"{string.Join(':', odd)}\"; SASL is not served"
            : entries.DistinctBy(parts => parts[0]).Count() < entries.Length ? "names a listener twice" : null;
    }
}
