namespace RaftStream.Server.Settings;

/// <summary>What must hold between settings; what must hold for one alone is in its type.</summary>
internal static class SettingsRules
{
    public static IEnumerable<string> Check(ServerSettings settings, SettingValues values)
    {
        if (settings.DataDirectory.Length == 0)
        {
            yield return $"{values.OriginOf(SettingsSchema.DataDirectory)}: data.dir is empty but must be a folder";
        }

        if (settings.GrpcEndPoint.Port != 0 && settings.GrpcEndPoint.Port == settings.HttpEndPoint?.Port)
        {
            string origin = values.OriginOf(values.IsGiven(SettingsSchema.HttpPort) ? SettingsSchema.HttpPort : SettingsSchema.GrpcPort);
            yield return $"{origin}: grpc.port and http.port are both {settings.GrpcEndPoint.Port} but must differ";
        }

        if (settings.TlsKeyFile.Length > 0 && settings.TlsCertificateFile.Length == 0)
        {
            yield return $"{values.OriginOf(SettingsSchema.GrpcTlsKey)}: grpc.tls.key is set but grpc.tls.certificate is not";
        }

        if (settings.TlsAuthorityFile.Length > 0 && settings.TlsCertificateFile.Length == 0)
        {
            yield return $"{values.OriginOf(SettingsSchema.GrpcTlsAuthority)}: grpc.tls.ca is set but grpc.tls.certificate is not";
        }

        foreach (string mistake in QuorumRules.Check(settings, values).Concat(KafkaRules.Check(settings, values)))
        {
            yield return mistake;
        }
    }
}
