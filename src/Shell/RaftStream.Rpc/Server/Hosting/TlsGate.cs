using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>Stands before TLS on a port of a protocol of its own: tells of clients with whom TLS does not begin, of whom Kestrel says nothing.</summary>
/// <remarks>Whoever says nothing at all is not told of: those are probes of ports.</remarks>
internal sealed class TlsGate(TimeSpan handshakeTimeout, Action<ConnectionContext, TlsFailure> tell)
{
    private const byte HandshakeRecord = 22;

    private static readonly object Passed = new();

    /// <summary>To be called first behind TLS.</summary>
    public static void NotePassed(ConnectionContext connection) => connection.Items[Passed] = null;

    /// <summary>Connection middleware: calls <paramref name="next"/>, which is TLS, unless the client speaks something else.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        switch (await BeginsWithTlsAsync(connection.Transport.Input).ConfigureAwait(false))
        {
            case true:
                connection.Transport = new FailingTransport(connection.Transport);
                await next(connection).ConfigureAwait(false);
                if (!connection.Items.ContainsKey(Passed))
                {
                    tell(connection, TlsFailure.Handshake);
                }

                break;
            case false:
                tell(connection, TlsFailure.Cleartext);
                break;
            case null:
                break;
        }
    }

    /// <summary>Looks at the first byte and leaves it where it is; null when there comes none.</summary>
    private async Task<bool?> BeginsWithTlsAsync(PipeReader input)
    {
        using var timeout = new CancellationTokenSource(handshakeTimeout);
        try
        {
            ReadResult read = await input.ReadAsync(timeout.Token).ConfigureAwait(false);
            bool? begins = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0] == HandshakeRecord;
            input.AdvanceTo(read.Buffer.Start);
            return begins;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return null; // said nothing in time, or was reset
        }
    }
}
