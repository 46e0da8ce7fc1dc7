using System.Net;

namespace RaftStream.Server.Settings;

/// <summary>What must hold between the settings of the Kafka door, and with those of other ports.</summary>
internal static class KafkaRules
{
    public static IEnumerable<string> Check(ServerSettings settings, SettingValues values)
    {
        KafkaSettings kafka = settings.Kafka;
        HashSet<string> names = [.. kafka.Listeners.Select(listener => listener.Name)];
        foreach (string unknown in KafkaListenerList.Read(values.Get(KafkaSchema.AdvertisedListeners)).Select(entry => entry.Name).Where(name => !names.Contains(name)))
        {
            yield return $"{values.OriginOf(KafkaSchema.AdvertisedListeners)}: advertised.listeners names {unknown}, which is not among the listeners";
        }

        foreach (string unknown in KafkaSchema.ReadProtocols(values.Get(KafkaSchema.SecurityProtocols)).Keys.Where(name => !names.Contains(name)))
        {
            yield return $"{values.OriginOf(KafkaSchema.SecurityProtocols)}: listener.security.protocol.map names {unknown}, which is not among the listeners";
        }

        if (kafka.TlsCertificateFile.Length == 0 && kafka.Listeners.FirstOrDefault(listener => listener.HasTls) is { } secure)
        {
            yield return $"{values.OriginOf(KafkaSchema.Listeners)}: the listener {secure.Name} serves TLS; set kafka.tls.certificate";
        }

        if (kafka.TlsCertificateFile.Length == 0 && kafka.TlsKeyFile.Length > 0)
        {
            yield return $"{values.OriginOf(KafkaSchema.TlsKey)}: kafka.tls.key is set but kafka.tls.certificate is not";
        }

        if (settings.Roles.HasFlag(ProcessRoles.Broker) && PortTwice(settings) is { } port)
        {
            yield return $"{values.OriginOf(KafkaSchema.Listeners)}: port {port} is taken twice; listeners, grpc.port, http.port and quorum.listen must differ";
        }
    }

    private static int? PortTwice(ServerSettings settings)
    {
        IPEndPoint?[] others = [settings.GrpcEndPoint, settings.HttpEndPoint, settings.Quorum.Listen];
        HashSet<int> taken = [.. others.OfType<IPEndPoint>().Select(endPoint => endPoint.Port)];
        foreach (KafkaListenerSettings listener in settings.Kafka.Listeners)
        {
            if (listener.EndPoint.Port != 0 && !taken.Add(listener.EndPoint.Port))
            {
                return listener.EndPoint.Port;
            }
        }

        return null;
    }
}
