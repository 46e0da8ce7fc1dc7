using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RaftStream.Server.Startup;

/// <summary>Reads PEM files that settings name, and says in their words what is wrong with them.</summary>
internal static class PemFiles
{
    /// <summary>A certificate with its private key.</summary>
    /// <param name="port">Whose it is, for people: "the gRPC port".</param>
    /// <param name="prefix">What the settings begin with, e.g. <c>grpc.tls</c>.</param>
    /// <param name="keyFile">Empty looks in the certificate's file.</param>
    /// <exception cref="StartupException">A file is missing, not PEM, or the key does not belong to the certificate.</exception>
    public static X509Certificate2 LoadCertificate(string port, string prefix, string certificateFile, string keyFile)
    {
        string key = keyFile.Length == 0 ? certificateFile : keyFile;
        MustBeReadable(certificateFile, $"{prefix}.certificate");
        MustBeReadable(key, $"{prefix}.key");
        try
        {
            return X509Certificate2.CreateFromPemFile(certificateFile, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"the certificate of {port} cannot be used: {exception.Message.TrimEnd('.')}. "
                + $"{prefix}.certificate ({certificateFile}) must be PEM, and {prefix}.key ({key}) its private key as PEM, not encrypted.",
                exception);
        }
    }

    /// <summary>All certificates of a file.</summary>
    /// <exception cref="StartupException">The file is missing, not PEM, or holds none.</exception>
    public static X509Certificate2Collection LoadAuthorities(string setting, string file)
    {
        MustBeReadable(file, setting);
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (CryptographicException exception)
        {
            throw new StartupException($"{setting} ({file}) must be certificates as PEM: {exception.Message}", exception);
        }

        return authorities.Count > 0 ? authorities : throw new StartupException($"{setting} ({file}) holds no certificate; it must be PEM");
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
