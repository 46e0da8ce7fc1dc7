using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace RaftStream.Server.Startup;

/// <summary>Reads the certificate of the gRPC port.</summary>
internal static class TlsCertificate
{
    /// <summary>The certificate with its private key; null when the settings name none.</summary>
    /// <exception cref="StartupException">A file is missing, not PEM, or the key does not belong to the certificate.</exception>
    public static X509Certificate2? Load(ServerSettings settings) => settings.TlsCertificateFile.Length == 0
        ? null
        : PemFiles.LoadCertificate("the gRPC port", "grpc.tls", settings.TlsCertificateFile, settings.TlsKeyFile);

    /// <summary>How the gRPC ports of other brokers, which have certificates as this one has, are trusted; null when they serve cleartext.</summary>
    /// <exception cref="StartupException">The file of the authorities is missing, not PEM, or holds none.</exception>
    public static SslClientAuthenticationOptions? TrustOf(ServerSettings settings)
    {
        if (settings.TlsCertificateFile.Length == 0)
        {
            return null;
        }

        var trust = new SslClientAuthenticationOptions();
        if (settings.TlsAuthorityFile.Length > 0)
        {
            trust.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            trust.CertificateChainPolicy.CustomTrustStore.AddRange(PemFiles.LoadAuthorities("grpc.tls.ca", settings.TlsAuthorityFile));
        }

        return trust;
    }
}
