using System.Net.Security;
using Grpc.Core;
using RaftStream.Rpc.Http2;

namespace RaftStream.Client.Routing;

/// <summary>Connects to real brokers.</summary>
internal sealed class RpcBrokerConnector(RaftStreamClientOptions options) : IBrokerConnector
{
    public BrokerChannel Connect(string endpoint)
    {
        var channel = Http2Channel.ForAddress(AddressOf(endpoint), new Http2Options
        {
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.PingAfter,
            KeepAlivePingTimeout = options.PingAfter,
            Tls = Tls(),
        });
        CallInvoker invoker = channel.CreateCallInvoker();
        return new BrokerChannel(endpoint, calls: invoker, bulk: invoker, CloseAsync);

        ValueTask CloseAsync(bool isLost) => isLost ? channel.AbortAsync("The broker hangs.") : channel.DisposeAsync();
    }

    private string AddressOf(string endpoint) =>
        endpoint.Contains("://", StringComparison.Ordinal) ? endpoint
        : options.Tls is null ? $"http://{endpoint}" : $"https://{endpoint}";

    private SslClientAuthenticationOptions? Tls()
    {
        if (options.Tls is not { } tls)
        {
            return null;
        }

        var authentication = new SslClientAuthenticationOptions();
        if (tls.ClientCertificate is not null)
        {
            authentication.ClientCertificates = [tls.ClientCertificate];
        }

        if (tls.TrustAnyCertificate)
        {
#pragma warning disable CA5359 // What the option says, for test clusters.
            authentication.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (tls.TrustedAuthorities is { } authorities)
        {
            authentication.CertificateChainPolicy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            authentication.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return authentication;
    }
}
