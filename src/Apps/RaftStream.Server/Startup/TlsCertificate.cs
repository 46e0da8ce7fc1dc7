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
}
