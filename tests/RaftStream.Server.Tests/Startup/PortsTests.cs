using System.Net;
using System.Net.Sockets;
using RaftStream.Server.Startup;

namespace RaftStream.Server.Tests.Startup;

/// <summary>What stands in the way of a port is said with the settings that there are.</summary>
public class PortsTests
{
    [Theory]
    [InlineData("--grpc-host", "--grpc-port", "choose another port with --grpc-port")]
    [InlineData("--quorum-listen", "--quorum-listen", "choose another port with --quorum-listen")]
    public void A_port_in_use_is_named_with_its_setting(string host, string port, string said)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var exception = Assert.Throws<StartupException>(() => Ports.Probe((IPEndPoint)other.LocalEndpoint, host, port));

        Assert.Contains("is in use by another process", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith(said, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_of_another_machine_is_named_with_its_setting()
    {
        var elsewhere = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);

        var exception = Assert.Throws<StartupException>(() => Ports.Probe(elsewhere, "--quorum-listen", "--quorum-listen"));

        Assert.EndsWith("choose another with --quorum-listen", exception.Message, StringComparison.Ordinal);
    }
}
