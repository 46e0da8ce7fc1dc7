using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>Looks at the first bytes of a connection to the gRPC port and lets only HTTP/2 through.</summary>
/// <remarks>
/// HTTP/1 gets an answer that says what this port is; anything else is closed without one. The bytes are left in the
/// pipe for the HTTP/2 server.
/// </remarks>
internal sealed class ConnectionGate(TimeSpan handshakeTimeout, ILogger logger)
{
    private const int MaxHttp1LineBytes = 4096;

    private const string Http1Explanation =
        "This is a gRPC port: it speaks HTTP/2 with prior knowledge only. Use a gRPC client here, and the HTTP port for health and metrics.\n";

    private static readonly byte[] Http1Answer = Encoding.ASCII.GetBytes(
        "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\n"
        + $"Content-Length: {Http1Explanation.Length}\r\nConnection: close\r\n\r\n{Http1Explanation}");

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private enum Verdict
    {
        More,
        Http2,
        Http1,
        Garbage,
    }

    /// <summary>Connection middleware: calls <paramref name="next"/> for HTTP/2, else closes the connection.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Verdict verdict = await LookAsync(connection).ConfigureAwait(false);
        switch (verdict)
        {
            case Verdict.Http2:
                await next(connection).ConfigureAwait(false);
                break;
            case Verdict.Http1:
                RpcServerLog.Http1OnGrpcPort(logger, connection.RemoteEndPoint);
                await connection.Transport.Output.WriteAsync(Http1Answer).ConfigureAwait(false);
                break;
            default:
                RpcServerLog.GarbageOnGrpcPort(logger, connection.RemoteEndPoint);
                break;
        }
    }

    private async Task<Verdict> LookAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using var timeout = new CancellationTokenSource(handshakeTimeout);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(timeout.Token).ConfigureAwait(false);
                Verdict verdict = Judge(read.Buffer);
                if (verdict == Verdict.More && (read.IsCompleted || read.IsCanceled))
                {
                    verdict = Verdict.Garbage;
                }

                if (verdict == Verdict.More)
                {
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                input.AdvanceTo(verdict == Verdict.Http2 ? read.Buffer.Start : read.Buffer.End);
                return verdict;
            }
        }
        catch (OperationCanceledException)
        {
            return Verdict.Garbage; // said nothing, or not enough, in time
        }
        catch (IOException)
        {
            return Verdict.Garbage; // reset by the peer
        }
    }

    private static Verdict Judge(in ReadOnlySequence<byte> input)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        start = start[..(int)Math.Min(input.Length, start.Length)];
        input.Slice(0, start.Length).CopyTo(start);
        if (start.SequenceEqual(Preface[..start.Length]))
        {
            return start.Length == Preface.Length ? Verdict.Http2 : Verdict.More;
        }

        if (start[0] is < (byte)'A' or > (byte)'Z')
        {
            return Verdict.Garbage;
        }

        // A request line in HTTP/1 ends in its version. Wait for the line, within reason.
        var reader = new SequenceReader<byte>(input);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            return input.Length < MaxHttp1LineBytes ? Verdict.More : Verdict.Garbage;
        }

        return Encoding.ASCII.GetString(line).Contains(" HTTP/1.", StringComparison.Ordinal) ? Verdict.Http1 : Verdict.Garbage;
    }
}
