using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace RaftStream.Rpc.Server;

/// <summary>One port of a server: gRPC over HTTP/2, or plain HTTP/1.1 with one handler.</summary>
public sealed class RpcListener
{
    private RpcListener(IPEndPoint endPoint, X509Certificate2? certificate, RequestDelegate? httpHandler)
    {
        EndPoint = endPoint;
        Certificate = certificate;
        HttpHandler = httpHandler;
    }

    /// <summary>Where to listen; port 0 takes a free one, <see cref="RpcServer.EndPoints"/> says which.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Serves TLS with this certificate (with its private key); null serves cleartext.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Who must have signed the certificate that each client shows; null asks for none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; private init; }

    /// <summary>Answers every request of a plain HTTP port; null on a gRPC port.</summary>
    public RequestDelegate? HttpHandler { get; }

    /// <summary>A gRPC port: HTTP/2 with prior knowledge, or by ALPN when there is a certificate.</summary>
    public static RpcListener Grpc(IPEndPoint endPoint, X509Certificate2? certificate = null) =>
        new(endPoint, certificate, httpHandler: null);

    /// <summary>A gRPC port for those only who show a certificate that one of <paramref name="clientAuthorities"/> signed.</summary>
    public static RpcListener MutualTls(IPEndPoint endPoint, X509Certificate2 certificate, X509Certificate2Collection clientAuthorities) =>
        new(endPoint, certificate, httpHandler: null) { ClientAuthorities = clientAuthorities };

    /// <summary>A plain HTTP/1.1 port, e.g. for health and metrics.</summary>
    public static RpcListener Http(IPEndPoint endPoint, RequestDelegate handler, X509Certificate2? certificate = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new RpcListener(endPoint, certificate, handler);
    }
}
