using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RaftStream.Server.Startup;

/// <summary>Reads the certificate of the gRPC port.</summary>
internal static class TlsCertificate
{
    /// <summary>The certificate with its private key; null when the settings name none.</summary>
    /// <exception cref="StartupException">A file is missing, not PEM, or the key does not belong to the certificate.</exception>
    public static X509Certificate2? Load(ServerSettings settings)
    {
        if (settings.TlsCertificateFile.Length == 0)
        {
            return null;
        }

        string keyFile = settings.TlsKeyFile.Length == 0 ? settings.TlsCertificateFile : settings.TlsKeyFile;
        MustBeReadable(settings.TlsCertificateFile, "grpc.tls.certificate");
        MustBeReadable(keyFile, "grpc.tls.key");
        try
        {
            return X509Certificate2.CreateFromPemFile(settings.TlsCertificateFile, keyFile);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"the certificate of the gRPC port cannot be used: {exception.Message.TrimEnd('.')}. "
                + $"grpc.tls.certificate ({settings.TlsCertificateFile}) must be PEM, and grpc.tls.key ({keyFile}) its private key as PEM, not encrypted.",
                exception);
        }
    }

    private static void MustBeReadable(string file, string setting)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{setting} is {file}, which cannot be read: {exception.Message}", exception);
        }
    }
}
