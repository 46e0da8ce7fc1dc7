using System.Collections.Immutable;
using System.Net;

namespace RaftStream.Server.Settings;

/// <summary>One listener for Kafka clients.</summary>
/// <param name="Name">Its name.</param>
/// <param name="EndPoint">Where to listen; port 0 takes a free one.</param>
/// <param name="HasTls">Serves TLS.</param>
/// <param name="Advertised">What clients are told; null is <paramref name="EndPoint"/>.</param>
public sealed record KafkaListenerSettings(string Name, IPEndPoint EndPoint, bool HasTls, (string Host, int Port)? Advertised);

/// <summary>How Kafka clients are served. Names, limits and meaning are those of <see cref="KafkaSchema"/>.</summary>
public sealed record KafkaSettings
{
    /// <summary><c>listeners</c> with what <c>advertised.listeners</c> and <c>listener.security.protocol.map</c> say of them; none takes no Kafka clients.</summary>
    public ImmutableArray<KafkaListenerSettings> Listeners { get; init; } = [];

    /// <summary><c>kafka.tls.certificate</c>.</summary>
    public string TlsCertificateFile { get; init; } = KafkaSchema.TlsCertificate.Default;

    /// <summary><c>kafka.tls.key</c>; empty is in the certificate's file.</summary>
    public string TlsKeyFile { get; init; } = KafkaSchema.TlsKey.Default;

    /// <summary><c>max.connections.per.ip</c>.</summary>
    public int MaxConnectionsPerAddress { get; init; } = KafkaSchema.MaxConnectionsPerAddress.Default;

    /// <summary><c>connections.max.idle.ms</c>.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMilliseconds(KafkaSchema.MaxIdleMs.Default);

    /// <summary><c>queued.max.request.bytes</c>.</summary>
    public long QueuedMaxBytes { get; init; } = KafkaSchema.QueuedMaxBytes.Default;

    internal static KafkaSettings From(SettingValues values)
    {
        ImmutableDictionary<string, bool> protocols = KafkaSchema.ReadProtocols(values.Get(KafkaSchema.SecurityProtocols));
        var advertised = KafkaListenerList.Read(values.Get(KafkaSchema.AdvertisedListeners)).ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        return new KafkaSettings
        {
            Listeners =
            [
                .. KafkaListenerList.Read(values.Get(KafkaSchema.Listeners)).Select(entry => new KafkaListenerSettings(
                    entry.Name,
                    new IPEndPoint(KafkaListenerList.ToAddress(entry.Host)!, entry.Port),
                    protocols.GetValueOrDefault(entry.Name, entry.Name == "SSL"),
                    advertised.TryGetValue(entry.Name, out KafkaListenerEntry told) ? (told.Host, told.Port) : null)),
            ],
            TlsCertificateFile = values.Get(KafkaSchema.TlsCertificate),
            TlsKeyFile = values.Get(KafkaSchema.TlsKey),
            MaxConnectionsPerAddress = values.Get(KafkaSchema.MaxConnectionsPerAddress),
            IdleTimeout = TimeSpan.FromMilliseconds(values.Get(KafkaSchema.MaxIdleMs)),
            QueuedMaxBytes = values.Get(KafkaSchema.QueuedMaxBytes),
        };
    }
}
