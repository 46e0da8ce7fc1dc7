using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>The same over TLS with ALPN h2.</summary>
public sealed class TlsTests
{
    private static readonly Method<byte[], byte[]> Duplex = BytesMethod.Of(MethodType.DuplexStreaming, "Echo", BytesMethod.Lending);

    [Fact]
    public async Task Calls_run_over_TLS()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using KestrelPeer server = await StartAsync(certificate, HttpProtocols.Http2);
        var pool = new BufferPool(1 << 20);
        var tls = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, theirs, _, _) => theirs!.GetCertHashString() == certificate.Thumbprint,
        };
        await using Http2Channel channel = Http2Channel.Create(server.Address, new Http2Options { Tls = tls }, pool);
        using AsyncDuplexStreamingCall<byte[], byte[]> call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Duplex, null, default);

        foreach (int length in new[] { 0, 100, 100_000, 2_000_000 })
        {
            byte[] message = BytesMethod.Random(length, length);
            await call.RequestStream.WriteAsync(message);
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.True(message.AsSpan().SequenceEqual(call.ResponseStream.Current));
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
        await channel.DisposeAsync();
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_unavailable()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using KestrelPeer server = await StartAsync(certificate, HttpProtocols.Http2);

        RpcException failure = await FailAsync(server);

        Assert.Contains("TLS", failure.Status.Detail, StringComparison.Ordinal);
        Assert.IsType<AuthenticationException>(failure.Status.DebugException);
    }

    private static async Task<RpcException> FailAsync(KestrelPeer server)
    {
        await using Http2Channel channel = Http2Channel.ForAddress(server.Address);
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => channel.CreateCallInvoker()
            .AsyncUnaryCall(BytesMethod.Of(MethodType.Unary, "Echo"), null, default, [1]).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        return failure;
    }

    private static Task<KestrelPeer> StartAsync(X509Certificate2 certificate, HttpProtocols protocols) => KestrelPeer.StartAsync(
        async context =>
        {
            while (await context.ReadMessageAsync() is { } message)
            {
                await context.WriteMessageAsync(message);
            }

            context.End();
        },
        listen: endpoint =>
        {
            endpoint.Protocols = protocols;
            endpoint.UseHttps(certificate);
        });

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
