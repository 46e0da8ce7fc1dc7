namespace RaftStream.Server.Settings;

/// <summary>What must hold between the settings of the quorum (C-6, C-12).</summary>
internal static class QuorumRules
{
    public static IEnumerable<string> Check(ServerSettings settings, SettingValues values) =>
        [.. Roles(settings, values), .. Listener(settings, values), .. Tls(settings.Quorum, values), .. Times(settings.Quorum, values)];

    private static IEnumerable<string> Roles(ServerSettings settings, SettingValues values)
    {
        QuorumSettings quorum = settings.Quorum;
        string roles = values.OriginOf(SettingsSchema.ProcessRoles);
        bool isController = settings.Roles.HasFlag(ProcessRoles.Controller);
        if (!isController && quorum.BootstrapServers.IsEmpty)
        {
            yield return $"{roles}: a broker without the role controller must be told where the controllers are; set quorum.bootstrap.servers";
        }

        if (settings.Roles == ProcessRoles.Controller && quorum.Listen is null)
        {
            yield return $"{roles}: a controller without the role broker is there for others; set quorum.listen";
        }

        if (!isController && quorum.AutoJoin)
        {
            yield return $"{values.OriginOf(QuorumSchema.AutoJoin)}: quorum.auto.join is for controllers; take it away or add controller to process.roles";
        }

        if (settings.Roles == ProcessRoles.Both && quorum.Listen is null && !quorum.BootstrapServers.IsEmpty)
        {
            yield return $"{values.OriginOf(QuorumSchema.BootstrapServers)}: quorum.bootstrap.servers makes this controller one of several; set quorum.listen, or process.roles to broker";
        }
    }

    private static IEnumerable<string> Listener(ServerSettings settings, SettingValues values)
    {
        QuorumSettings quorum = settings.Quorum;
        bool hasTls = quorum.TlsCertificateFile.Length > 0 || settings.TlsCertificateFile.Length > 0;
        if (settings.Roles == ProcessRoles.Broker && quorum.Listen is null && hasTls)
        {
            string origin = values.OriginOf(quorum.TlsCertificateFile.Length > 0 ? QuorumSchema.TlsCertificate : SettingsSchema.GrpcTlsCertificate);
            yield return $"{origin}: with TLS a broker takes the calls of other brokers on a port of its own; set quorum.listen";
        }

        if (quorum.Listen is null && quorum.Advertised.Length > 0)
        {
            yield return $"{values.OriginOf(QuorumSchema.Advertised)}: quorum.advertised is set but quorum.listen is not";
        }

        if (quorum.Listen is { Port: > 0 } listen && (listen.Port == settings.GrpcEndPoint.Port || listen.Port == settings.HttpEndPoint?.Port))
        {
            string other = listen.Port == settings.GrpcEndPoint.Port ? "grpc.port" : "http.port";
            yield return $"{values.OriginOf(QuorumSchema.Listen)}: quorum.listen and {other} both have port {listen.Port} but must differ";
        }
    }

    private static IEnumerable<string> Tls(QuorumSettings quorum, SettingValues values)
    {
        if (quorum.TlsCertificateFile.Length == 0 && quorum.TlsKeyFile.Length > 0)
        {
            yield return $"{values.OriginOf(QuorumSchema.TlsKey)}: quorum.tls.key is set but quorum.tls.certificate is not";
        }

        if (quorum.TlsCertificateFile.Length > 0 && quorum.TlsAuthorityFile.Length == 0)
        {
            yield return $"{values.OriginOf(QuorumSchema.TlsCertificate)}: quorum.tls.certificate is set but quorum.tls.ca is not: nodes could not tell each other from strangers";
        }

        if (quorum.TlsCertificateFile.Length == 0 && quorum.TlsAuthorityFile.Length > 0)
        {
            yield return $"{values.OriginOf(QuorumSchema.TlsAuthority)}: quorum.tls.ca is set but quorum.tls.certificate is not: each node shows one to the others";
        }
    }

    private static IEnumerable<string> Times(QuorumSettings quorum, SettingValues values)
    {
        if (quorum.ElectionTimeoutMs > quorum.FetchTimeoutMs)
        {
            string origin = values.OriginOf(
                values.IsGiven(QuorumSchema.ElectionTimeoutMs) ? QuorumSchema.ElectionTimeoutMs : QuorumSchema.FetchTimeoutMs);
            yield return $"{origin}: quorum.election.timeout.ms is {quorum.ElectionTimeoutMs} but must be at most quorum.fetch.timeout.ms, {quorum.FetchTimeoutMs}";
        }

        if (quorum.HeartbeatMs * 3L >= quorum.SessionTimeoutMs)
        {
            string origin = values.OriginOf(
                values.IsGiven(QuorumSchema.HeartbeatMs) ? QuorumSchema.HeartbeatMs : QuorumSchema.SessionTimeoutMs);
            yield return $"{origin}: broker.heartbeat.interval.ms is {quorum.HeartbeatMs} but must be below a third of broker.session.timeout.ms, {quorum.SessionTimeoutMs}";
        }
    }
}
