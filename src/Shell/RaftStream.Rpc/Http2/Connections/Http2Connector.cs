using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using RaftStream.Rpc.Http2.Transports;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>Opens connections to one server: TCP, TLS where asked for, and the exchange of SETTINGS.</summary>
/// <param name="host">Name or address.</param>
/// <param name="secure">TLS with ALPN h2; else cleartext with prior knowledge.</param>
internal sealed class Http2Connector(string host, int port, bool secure, Http2Options options)
{
    private readonly string _peer = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>A connection that has heard the server's SETTINGS.</summary>
    /// <exception cref="IOException">It cannot be had; the message says why, for people.</exception>
    public async Task<Http2Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            Http2Transport transport = await OpenAsync(either.Token).ConfigureAwait(false);
            var connection = new Http2Connection(transport, options);
            connection.Start();
            try
            {
                await connection.Ready.WaitAsync(either.Token).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new IOException($"No connection to {_peer} within {options.ConnectTimeout.TotalSeconds:0.###} s.", exception);
        }
        catch (SocketException exception)
        {
            throw new IOException($"Cannot connect to {_peer}: {exception.Message}.", exception);
        }
        catch (AuthenticationException exception)
        {
            throw new IOException($"TLS with {_peer} failed: {exception.Message}", exception);
        }
    }

    private async Task<Http2Transport> OpenAsync(CancellationToken cancellationToken)
    {
        Socket socket = IPAddress.TryParse(host, out IPAddress? address)
            ? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (options.SocketReceiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = options.SocketReceiveBufferBytes;
            }

            if (options.SocketSendBufferBytes > 0)
            {
                socket.SendBufferSize = options.SocketSendBufferBytes;
            }

            EndPoint endPoint = address is null ? new DnsEndPoint(host, port) : new IPEndPoint(address, port);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return secure ? await SecureAsync(socket, cancellationToken).ConfigureAwait(false) : new SocketTransport(socket, _peer);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Http2Transport> SecureAsync(Socket socket, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(TlsOptions(), cancellationToken).ConfigureAwait(false);
            return stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
                ? new StreamTransport(stream, socket, _peer)
                : throw new AuthenticationException("the server does not offer HTTP/2 (ALPN h2).");
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions TlsOptions()
    {
        SslClientAuthenticationOptions given = options.Tls ?? new SslClientAuthenticationOptions();
        return new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            TargetHost = given.TargetHost ?? host,
            RemoteCertificateValidationCallback = given.RemoteCertificateValidationCallback,
            LocalCertificateSelectionCallback = given.LocalCertificateSelectionCallback,
            ClientCertificates = given.ClientCertificates,
            ClientCertificateContext = given.ClientCertificateContext,
            CertificateChainPolicy = given.CertificateChainPolicy,
            CertificateRevocationCheckMode = given.CertificateRevocationCheckMode,
            CipherSuitesPolicy = given.CipherSuitesPolicy,
            EnabledSslProtocols = given.EnabledSslProtocols,
            EncryptionPolicy = given.EncryptionPolicy,
            AllowRenegotiation = false,
        };
    }
}
