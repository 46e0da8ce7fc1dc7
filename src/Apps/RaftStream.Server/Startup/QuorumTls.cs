using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RaftStream.Rpc.Server;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Startup;

/// <summary>TLS between nodes: each shows its certificate, as server and as caller, and talks to nobody whose certificate the authorities did not sign.</summary>
internal sealed class QuorumTls : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities;

    private QuorumTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        _certificate = certificate;
        _authorities = authorities;
        Client = new SslClientAuthenticationOptions
        {
            ClientCertificates = [certificate],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
        };
        Client.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
    }

    /// <summary>For calls to other nodes; their host must be the certificate's.</summary>
    public SslClientAuthenticationOptions Client { get; }

    /// <summary>Null when the settings name no certificate: cleartext.</summary>
    /// <exception cref="StartupException">A file cannot be used.</exception>
    public static QuorumTls? Load(QuorumSettings settings)
    {
        if (settings.TlsCertificateFile.Length == 0)
        {
            return null;
        }

        X509Certificate2Collection authorities = PemFiles.LoadAuthorities("quorum.tls.ca", settings.TlsAuthorityFile);
        X509Certificate2 certificate = PemFiles.LoadCertificate("the quorum", "quorum.tls", settings.TlsCertificateFile, settings.TlsKeyFile);
        return new QuorumTls(certificate, authorities);
    }

    /// <summary>The port that other nodes call.</summary>
    public RpcListener Listen(IPEndPoint endPoint) => RpcListener.MutualTls(endPoint, _certificate, _authorities);

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificate.Dispose();
        foreach (X509Certificate2 authority in _authorities)
        {
            authority.Dispose();
        }
    }
}
