using System.Net;
using RaftStream.Server.Startup;

namespace RaftStream.Server.Tests.Startup;

/// <summary>What clients are told to connect to.</summary>
public sealed class AdvertisedEndpointTests
{
    [Theory]
    [InlineData("127.0.0.1", "", "127.0.0.1", 9999)]
    [InlineData("0.0.0.0", "broker-1.example.org:7000", "broker-1.example.org", 7000)]
    [InlineData("127.0.0.1", "[::1]:7000", "::1", 7000)]
    public void The_setting_wins_over_the_address_that_is_listened_on(string address, string setting, string host, int port)
    {
        ServerSettings settings = SettingsFor(address) with { AdvertisedEndpoint = setting };

        Assert.Equal((host, port), AdvertisedEndpoint.Of(settings, port: 9999));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void Every_address_is_told_as_the_name_of_the_machine(string address)
    {
        Assert.Equal((Dns.GetHostName(), 9999), AdvertisedEndpoint.Of(SettingsFor(address), port: 9999));
    }

    [Fact]
    public void The_process_has_an_age()
    {
        Assert.InRange(ProcessClock.Age(), TimeSpan.Zero, TimeSpan.FromDays(1));
    }

    private static ServerSettings SettingsFor(string address) =>
        new() { DataDirectory = "data", GrpcEndPoint = new IPEndPoint(IPAddress.Parse(address), 0) };
}
