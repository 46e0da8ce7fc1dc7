using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Kafka.Protocol;
using RaftStream.Rpc.Server;

namespace RaftStream.Kafka.Connections;

/// <summary>What the log hears of clients: a line for each address and reason, and once a minute how many more there were. Thread-safe.</summary>
internal sealed class ClientLog(ILogger logger)
{
    private readonly LogLimiter _limiter = new();

    /// <summary>Bytes that are no request.</summary>
    public void BadRequest(IPAddress? address, string peer, string listener, KafkaProtocolException exception)
    {
        if (Lets(address, $"no request ({exception.Error})"))
        {
            KafkaLog.BadRequest(logger, peer, listener, exception.Message);
        }
    }

    /// <summary>An API or a version that is not served.</summary>
    public void NotServed(IPAddress? address, string peer, string listener, NotServedException exception)
    {
        if (Lets(address, exception.Reason))
        {
            KafkaLog.BadRequest(logger, peer, listener, exception.Message);
        }
    }

    /// <summary>The client went, or was sent away as the protocol asks.</summary>
    public void Ended(string peer, string reason) => KafkaLog.Ended(logger, peer, reason);

    /// <summary>Others wanted the memory of a request that hardly came.</summary>
    public void Slow(string peer, long rate, long held) => KafkaLog.Slow(logger, peer, rate, held);

    /// <summary>A handler failed.</summary>
    public void Failed(IPAddress? address, string peer, Exception exception)
    {
        if (Lets(address, exception.GetType().Name))
        {
            KafkaLog.Failed(logger, peer, exception);
        }
    }

    /// <summary>Nothing moved.</summary>
    /// <param name="reason">One word.</param>
    public void Cut(IPAddress? address, string peer, string reason, long quietMs)
    {
        if (Lets(address, reason))
        {
            KafkaLog.Cut(logger, peer, reason, quietMs);
        }
    }

    /// <summary>A limit of connections was met.</summary>
    public void Refused(IPEndPoint? client, string reason)
    {
        if (Lets(client?.Address, reason))
        {
            KafkaLog.Refused(logger, client, reason);
        }
    }

    /// <summary>A TLS listener could not begin with a client.</summary>
    public void NoTls(IPEndPoint? client, string listener, TlsFailure failure)
    {
        string reason = failure switch
        {
            TlsFailure.Cleartext =>
                "The client speaks cleartext, but this listener serves TLS: set security.protocol=SSL in the client, or take a listener of protocol PLAINTEXT.",
            TlsFailure.Handshake =>
                "The TLS handshake failed. Does the client trust the broker's certificate, and is the host that it connects to among the certificate's names?",
            _ => throw new System.Diagnostics.UnreachableException(failure.ToString()),
        };
        if (Lets(client?.Address, failure == TlsFailure.Cleartext ? "cleartext at a TLS listener" : "TLS handshake failed"))
        {
            string peer = client?.ToString() ?? "";
            KafkaLog.BadRequest(logger, peer, listener, reason);
        }
    }

    /// <summary>Tells how many lines were left out. Call it every few seconds.</summary>
    public void TellLeftOut()
    {
        foreach (LeftOutLines lines in _limiter.TakeEnded(Environment.TickCount64))
        {
            KafkaLog.LeftOut(logger, lines.Count, lines.Address, lines.Reason);
        }
    }

    private bool Lets(IPAddress? address, string reason) => _limiter.LetsThrough(address, reason, Environment.TickCount64);
}
