using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Embedded;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

public sealed class TlsTests
{
    [Fact]
    public async Task Records_travel_over_tls_to_a_trusted_broker()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RaftStreamBroker broker = await StartAsync(certificate);
        await using RaftStreamClient client = broker.CreateClient();

        Assert.Equal("v", await RoundTripAsync(client));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RaftStreamBroker broker = await StartAsync(certificate);
        await using var client = new RaftStreamClient(OptionsFor(broker, new ClientTlsOptions()));

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => client.Admin.ListTopicsAsync().DoneAsync());

        Assert.Equal(ErrorCode.NetworkException, failure.Code);
    }

    [Fact]
    public async Task Any_certificate_will_do_where_the_options_say_so()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RaftStreamBroker broker = await StartAsync(certificate);
        await using var client = new RaftStreamClient(OptionsFor(broker, new ClientTlsOptions { TrustAnyCertificate = true }));

        Assert.Equal("v", await RoundTripAsync(client));
    }

    [Fact]
    public async Task Cleartext_to_a_tls_port_fails_with_the_address()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RaftStreamBroker broker = await StartAsync(certificate);
        await using var client = new RaftStreamClient(OptionsFor(broker, tls: null));

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => client.Admin.ListTopicsAsync().DoneAsync());

        Assert.Contains(broker.Endpoint, failure.Message, StringComparison.Ordinal);
    }

    private static Task<RaftStreamBroker> StartAsync(X509Certificate2 certificate) => RaftStreamBroker.StartAsync(
        new RaftStreamBrokerOptions { InMemory = true, Certificate = certificate, Topics = new Dictionary<string, int> { ["orders"] = 1 } });

    private static RaftStreamClientOptions OptionsFor(RaftStreamBroker broker, ClientTlsOptions? tls) => new()
    {
        BootstrapEndpoints = [broker.Endpoint],
        Tls = tls,
        OperationTimeout = TimeSpan.FromMilliseconds(200),
        ConnectTimeout = TimeSpan.FromSeconds(2),
    };

    private static async Task<string?> RoundTripAsync(RaftStreamClient client)
    {
        await using Producer producer = client.CreateProducer();
        DeliveryReport report = await producer.SendAsync("orders", null, "v").DoneAsync();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(report.Partition, StartPosition.Beginning);
        return (await ConsumerTests.TakeAsync(consumer, 1))[0].ValueText;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=raftstream test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
