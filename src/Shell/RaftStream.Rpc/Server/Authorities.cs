using System.Security.Cryptography.X509Certificates;

namespace RaftStream.Rpc.Server;

/// <summary>Whether a certificate comes from authorities of one's own, those of the machine aside.</summary>
internal static class Authorities
{
    /// <summary>True when one of <paramref name="authorities"/> signed the certificate, and it is valid today.</summary>
    public static bool Signed(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        return chain.Build(certificate);
    }
}
