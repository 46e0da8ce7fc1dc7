using System.Net;
using Grpc.Core;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Server.Settings;
using RaftStream.Server.Startup;

namespace RaftStream.Server.Tests.Startup;

/// <summary>Nodes of one authority talk to each other, and to nobody else.</summary>
public sealed class QuorumTlsTests : IDisposable
{
    private readonly NodeCertificates _ours = new();
    private readonly NodeCertificates _theirs = new();

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public void Without_a_certificate_nodes_speak_cleartext()
    {
        Assert.Null(QuorumTls.Load(new QuorumSettings()));
    }

    [Fact]
    public async Task Nodes_of_one_authority_understand_each_other_and_strangers_are_not_heard()
    {
        using QuorumTls one = Load(_ours, "1.pem");
        using QuorumTls two = Load(_ours, "2.pem");
        using QuorumTls stranger = Load(_theirs, "3.pem");
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [one.Listen(new IPEndPoint(IPAddress.Loopback, 0))] }, new RpcServices());
        await server.StartAsync(default);

        // The call is not known there: it got through all the same.
        Assert.Equal(StatusCode.Unimplemented, await CallAsync(server, two));
        Assert.Equal(StatusCode.Unavailable, await CallAsync(server, stranger));
        Assert.Equal(StatusCode.Unavailable, await CallAsync(server, null));
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named()
    {
        string good = _ours.Sign("1.pem");
        File.WriteAllText(_ours.File("empty.pem"), "");

        Assert.Contains("quorum.tls.certificate is /nowhere.pem", Refusal("/nowhere.pem", "", _ours.AuthorityFile), StringComparison.Ordinal);
        Assert.Contains("quorum.tls.key is /nowhere.key", Refusal(good, "/nowhere.key", _ours.AuthorityFile), StringComparison.Ordinal);
        Assert.Contains("quorum.tls.ca is /nowhere.ca", Refusal(good, "", "/nowhere.ca"), StringComparison.Ordinal);
        Assert.Contains("holds no certificate", Refusal(good, "", _ours.File("empty.pem")), StringComparison.Ordinal);
        Assert.Contains("the certificate of the quorum cannot be used", Refusal(good, _theirs.Sign("other.pem"), _ours.AuthorityFile), StringComparison.Ordinal);
    }

    private static string Refusal(string certificate, string key, string authority) => Assert.Throws<StartupException>(() => QuorumTls.Load(
        new QuorumSettings { TlsCertificateFile = certificate, TlsKeyFile = key, TlsAuthorityFile = authority })).Message;

    private static QuorumTls Load(NodeCertificates certificates, string name) => QuorumTls.Load(
        new QuorumSettings { TlsCertificateFile = certificates.Sign(name), TlsAuthorityFile = certificates.AuthorityFile })!;

    private static async Task<StatusCode> CallAsync(RpcServer server, QuorumTls? caller)
    {
        await using RpcChannel channel = RpcChannel.ForAddress(
            $"https://localhost:{server.EndPoints[0].Port}", new RpcChannelOptions { Tls = caller?.Client });
        var method = new Method<byte[], byte[]>(
            MethodType.Unary, "no.Service", "Call", Marshallers.Create(static bytes => bytes, static bytes => bytes), Marshallers.Create(static bytes => bytes, static bytes => bytes));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []));
        return refused.StatusCode;
    }
}
