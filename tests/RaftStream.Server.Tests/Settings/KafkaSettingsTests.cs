using System.Net;
using System.Net.Sockets;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Tests.Settings;

/// <summary>Kafka's way to write listeners.</summary>
public sealed class KafkaSettingsTests
{
    [Fact]
    public void Only_this_machine_is_let_in_unless_one_says_so()
    {
        KafkaListenerSettings listener = Assert.Single(SettingsReader.Read([]).Kafka.Listeners);

        Assert.Equal(new KafkaListenerSettings("PLAINTEXT", new IPEndPoint(IPAddress.Loopback, 9092), HasTls: false, Advertised: null), listener);
        Assert.Empty(SettingsReader.Read(["--listeners", ""]).Kafka.Listeners);
    }

    [Fact]
    public void Each_listener_has_its_address_its_protocol_and_what_clients_are_told()
    {
        ServerSettings settings = SettingsReader.Read(
            [
                "--listeners", "HOST://:29092, DOCKER://0.0.0.0:9092,SSL://[::1]:9093",
                "--advertised-listeners", "DOCKER://broker-1:9092,HOST://example.org:19092",
                "--listener-security-protocol-map", "DOCKER:SSL,HOST:PLAINTEXT",
                "--kafka-tls-certificate", "cert.pem",
            ]);

        Assert.Equal<KafkaListenerSettings>(
            [
                new("HOST", new IPEndPoint(EveryAddress.Value, 29092), HasTls: false, ("example.org", 19092)),
                new("DOCKER", new IPEndPoint(IPAddress.Any, 9092), HasTls: true, ("broker-1", 9092)),
                new("SSL", new IPEndPoint(IPAddress.IPv6Loopback, 9093), HasTls: true, Advertised: null),
            ],
            settings.Kafka.Listeners);
    }

    [Theory]
    [InlineData("HOST://:29092")]
    [InlineData("HOST://*:29092")]
    public void Everyone_is_let_in_by_IPv6_too_where_there_is_IPv6(string listeners)
    {
        IPAddress expected = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

        Assert.Equal(new IPEndPoint(expected, 29092), Assert.Single(SettingsReader.Read(["--listeners", listeners]).Kafka.Listeners).EndPoint);
    }

    [Theory]
    [InlineData("must be a list of NAME://address:port", "--listeners", "127.0.0.1:9092")]
    [InlineData("must be a list of NAME://address:port", "--listeners", "PLAINTEXT://127.0.0.1")]
    [InlineData("must be a list of NAME://address:port", "--listeners", "PLAIN TEXT://127.0.0.1:9092")]
    [InlineData("must have IP addresses of this machine", "--listeners", "PLAINTEXT://example.org:9092")]
    [InlineData("names the listener A twice", "--listeners", "A://:9092,A://:9093")]
    [InlineData("must have hosts and ports that clients can connect to", "--advertised-listeners", "PLAINTEXT://:9092")]
    [InlineData("which is not among the listeners", "--advertised-listeners", "DOCKER://broker-1:9092")]
    [InlineData("which is not among the listeners", "--listener-security-protocol-map", "DOCKER:SSL")]
    [InlineData("SASL is not served", "--listener-security-protocol-map", "PLAINTEXT:SASL_SSL")]
    [InlineData("set kafka.tls.certificate", "--listeners", "SSL://:9093")]
    [InlineData("kafka.tls.key is set but", "--kafka-tls-key", "key.pem")]
    [InlineData("port 9090 is taken twice", "--listeners", "PLAINTEXT://:9090")]
    [InlineData("port 9095 is taken twice", "--listeners", "A://:9095,B://:9095")]
    public void What_cannot_be_right_is_refused(string expected, params string[] arguments)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => SettingsReader.Read(arguments));

        Assert.Contains(expected, Assert.Single(exception.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_controller_alone_has_no_kafka_clients_and_so_no_clash_of_their_port()
    {
        string[] arguments = ["--process-roles", "controller", "--quorum-listen", "127.0.0.1:9092", "--quorum-bootstrap-servers", "127.0.0.1:9092"];

        Assert.Equal(ProcessRoles.Controller, SettingsReader.Read(arguments).Roles);
    }
}
