using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class TlsTests
{
    [Fact]
    public async Task Calls_run_over_tls_with_a_trusted_certificate_and_not_with_another()
    {
        using X509Certificate2 certificate = CreateCertificate();
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0), certificate)] },
            new RpcServices().Add(Probe.BindService(new ProbeService())));
        await server.StartAsync(CancellationToken.None);
        string address = $"https://localhost:{server.EndPoints[0].Port}";
        string thumbprint = certificate.Thumbprint;
        await using RpcChannel trusting = RpcChannel.ForAddress(address, new RpcChannelOptions
        {
            Tls = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == thumbprint,
            },
        });
        await using RpcChannel doubting = RpcChannel.ForAddress(address);
        await using RpcChannel cleartext = RpcChannel.ForAddress($"http://localhost:{server.EndPoints[0].Port}");

        Assert.Equal(9, (await new Probe.ProbeClient(trusting).EchoAsync(new Ping { Number = 9 })).Number);
        RpcException untrusted = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(doubting).EchoAsync(new Ping()));
        Assert.Equal(StatusCode.Unavailable, untrusted.StatusCode);
        RpcException plain = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(cleartext).EchoAsync(new Ping()));
        Assert.Equal(StatusCode.Unavailable, plain.StatusCode);
    }

    [Fact]
    public async Task A_port_for_known_clients_takes_no_others()
    {
        using X509Certificate2 known = CreateCertificate();
        using X509Certificate2 stranger = CreateCertificate();
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.MutualTls(new IPEndPoint(IPAddress.Loopback, 0), known, [known])] },
            new RpcServices().Add(Probe.BindService(new ProbeService())));
        await server.StartAsync(CancellationToken.None);
        string address = $"https://localhost:{server.EndPoints[0].Port}";
        await using RpcChannel friend = RpcChannel.ForAddress(address, new RpcChannelOptions { Tls = Showing(known) });
        await using RpcChannel foe = RpcChannel.ForAddress(address, new RpcChannelOptions { Tls = Showing(stranger) });
        await using RpcChannel nobody = RpcChannel.ForAddress(address, new RpcChannelOptions { Tls = Showing(null) });

        Assert.Equal(9, (await new Probe.ProbeClient(friend).EchoAsync(new Ping { Number = 9 })).Number);
        foreach (RpcChannel refused in new[] { foe, nobody })
        {
            RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(refused).EchoAsync(new Ping()));
            Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        }
    }

    private static SslClientAuthenticationOptions Showing(X509Certificate2? certificate) => new()
    {
        ClientCertificates = certificate is null ? [] : [certificate],
        RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.Subject == "CN=localhost",
    };

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
