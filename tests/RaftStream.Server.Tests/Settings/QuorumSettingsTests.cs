using System.Net;
using RaftStream.Raft;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Tests.Settings;

/// <summary>The settings of the metadata quorum, and what must hold between them (C-6, C-12).</summary>
public sealed class QuorumSettingsTests
{
    [Fact]
    public void Without_any_of_them_a_node_is_a_quorum_of_its_own()
    {
        ServerSettings settings = SettingsReader.Read([]);

        Assert.Equal(ProcessRoles.Both, settings.Roles);
        Assert.True(settings.Quorum.IsAlone);
        Assert.Equal(new RaftOptions(), settings.Quorum.RaftOptions);
    }

    [Fact]
    public void Values_become_what_they_mean()
    {
        ServerSettings settings = SettingsReader.Read(
        [
            "--process-roles", "controller", "--quorum-listen", "*:9191", "--quorum-advertised", "c1.example.org:9191",
            "--quorum-bootstrap-servers", "c2.example.org:9191, [::1]:9192", "--quorum-auto-join",
            "--quorum-election-timeout-ms", "300", "--quorum-fetch-timeout-ms", "400", "--quorum-request-timeout-ms", "500",
            "--broker-heartbeat-interval-ms", "100", "--broker-session-timeout-ms", "900", "--leader-imbalance-check-interval-seconds", "0", "--leader-imbalance-per-broker-percentage", "7", "--quorum-directory", "/srv/quorum",
            "--quorum-tls-certificate", "a.pem", "--quorum-tls-key", "b.pem", "--quorum-tls-ca", "c.pem",
        ]);
        QuorumSettings quorum = settings.Quorum;

        Assert.Equal(ProcessRoles.Controller, settings.Roles);
        Assert.Equal(new IPEndPoint(IPAddress.Any, 9191), quorum.Listen);
        Assert.Equal("c1.example.org:9191", quorum.Advertised);
        Assert.Equal([new RaftEndpoint("c2.example.org", 9191), new RaftEndpoint("::1", 9192)], quorum.BootstrapServers.ToArray());
        Assert.Equal(
            new RaftOptions { ElectionTimeoutMs = 300, FetchTimeoutMs = 400, RequestTimeoutMs = 500, AutoJoin = true }, quorum.RaftOptions);
        Assert.Equal((100, 900), (quorum.HeartbeatMs, quorum.SessionTimeoutMs));
        Assert.Equal((0, 7), (quorum.BalanceSeconds, quorum.ImbalancePercent));
        Assert.Equal(("/srv/quorum", "a.pem", "b.pem", "c.pem"),
            (quorum.Directory, quorum.TlsCertificateFile, quorum.TlsKeyFile, quorum.TlsAuthorityFile));
        Assert.False(quorum.IsAlone);
    }

    [Theory]
    [InlineData("broker", ProcessRoles.Broker)]
    [InlineData("Broker,Controller", ProcessRoles.Both)]
    [InlineData("controller,broker", ProcessRoles.Both)]
    public void Roles_are_named_in_any_order(string written, ProcessRoles roles)
    {
        Assert.Equal(roles, SettingsReader.Read(
            ["--process-roles", written, "--quorum-listen", "127.0.0.1:0", "--quorum-bootstrap-servers", "c:1"]).Roles);
    }

    [Theory]
    [InlineData("must be one of: controller,broker, broker,controller, controller, broker", "--process-roles", "boss")]
    [InlineData("set quorum.bootstrap.servers", "--process-roles", "broker")]
    [InlineData("set quorum.listen", "--process-roles", "controller")]
    [InlineData("set quorum.listen, or process.roles to broker", "--quorum-bootstrap-servers", "c1:9091")]
    [InlineData("quorum.auto.join is for controllers", "--process-roles", "broker", "--quorum-bootstrap-servers", "c1:9091", "--quorum-auto-join")]
    [InlineData("must be an IP address of this machine", "--quorum-listen", "example.org:9091")]
    [InlineData("must be an IP address of this machine", "--quorum-listen", "127.0.0.1")]
    [InlineData("must be an IP address of this machine", "--quorum-listen", "127.0.0.1:70000")]
    [InlineData("must be host:port", "--quorum-listen", "*:9091", "--quorum-advertised", "c1:0")]
    [InlineData("must be host:port", "--quorum-listen", "*:9091", "--quorum-bootstrap-servers", "c1:9091,c2")]
    [InlineData("must be host:port", "--quorum-listen", "*:9091", "--quorum-bootstrap-servers", "::1:9091")]
    [InlineData("quorum.advertised is set but quorum.listen is not", "--quorum-advertised", "c1:9091")]
    [InlineData("quorum.listen and grpc.port both have port 9090", "--quorum-listen", "*:9090")]
    [InlineData("quorum.listen and http.port both have port 8080", "--quorum-listen", "*:8080")]
    [InlineData("quorum.tls.key is set but quorum.tls.certificate is not", "--quorum-tls-key", "k.pem")]
    [InlineData("quorum.tls.certificate is set but quorum.tls.ca is not", "--quorum-tls-certificate", "c.pem")]
    [InlineData("quorum.tls.ca is set but quorum.tls.certificate is not", "--quorum-tls-ca", "c.pem")]
    [InlineData("quorum.election.timeout.ms is 3000 but must be at most quorum.fetch.timeout.ms, 2000", "--quorum-election-timeout-ms", "3000")]
    [InlineData("--quorum-fetch-timeout-ms: quorum.election.timeout.ms is 1000 but", "--quorum-fetch-timeout-ms", "500")]
    [InlineData("must be below a third of broker.session.timeout.ms, 2000", "--broker-heartbeat-interval-ms", "700")]
    [InlineData("--broker-session-timeout-ms: broker.heartbeat.interval.ms is 250", "--broker-session-timeout-ms", "750")]
    public void Values_that_cannot_be_right_are_refused(string expected, params string[] arguments)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(arguments));

        Assert.Contains(expected, Assert.Single(exception.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_between_settings_are_told_all_at_once()
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(
            ["--process-roles", "broker", "--quorum-tls-key", "k.pem", "--quorum-election-timeout-ms", "3000", "--broker-heartbeat-interval-ms", "700"]));

        Assert.Equal(4, exception.Mistakes.Count);
    }
}
