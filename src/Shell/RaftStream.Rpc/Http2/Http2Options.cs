using System.Net.Security;
using RaftStream.Rpc.Http2.Frames;

namespace RaftStream.Rpc.Http2;

/// <summary>How an <see cref="Http2Channel"/> connects, and what it takes at most. Bytes unless the name says otherwise.</summary>
public sealed record Http2Options
{
    /// <summary>Largest received message, after decompression. Default 64 MiB: the largest fetch, 60 MiB, fits. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxReceiveMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Largest sent message. Default 64 MiB; the server has its own limit. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxSendMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>What the server may have under way to us on one stream that is not read. Default 8 MiB; from 64 KiB on.
    /// It bounds the memory that a stream with a slow reader holds.</summary>
    public int StreamWindowBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>What the server may have in flight on the connection. Default 64 MiB. It is given back as the bytes arrive,
    /// so that no slow reader can hold up the other streams.</summary>
    public int ConnectionWindowBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Largest frame that the server may send. Default 1 MiB: a batch in one piece goes straight to its place.</summary>
    public int MaxFrameBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest frame that we send, where the server takes more than 16 KiB. Default 64 KiB: Kestrel holds a whole
    /// frame before it hands it on, and larger ones measured no better.</summary>
    public int MaxSendFrameBytes { get; init; } = 64 * 1024;

    /// <summary>Response headers or trailers of one call, counted as RFC 9113 §6.5.2 does. Default 64 KiB.</summary>
    public int MaxHeaderListBytes { get; init; } = 64 * 1024;

    /// <summary>One receive call reads at most this much, unless a large message is under way. Default 64 KiB.</summary>
    public int ReadBufferBytes { get; init; } = 64 * 1024;

    /// <summary>Sent messages of a stream that may wait in memory for the socket; then writes wait. Default 1 MiB.</summary>
    public int WriteBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>Connections to the server. Default 8: a further one is opened when the server's limit of streams is reached
    /// on those that exist; at the last, calls wait for a free stream.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>SO_RCVBUF of the socket; 0 leaves it to the system, which grows it as needed.</summary>
    public int SocketReceiveBufferBytes { get; init; }

    /// <summary>SO_SNDBUF of the socket; 0 leaves it to the system, which grows it as needed.</summary>
    public int SocketSendBufferBytes { get; init; }

    /// <summary>Longest wait for a connection, TLS and the server's SETTINGS included. Default 10 s; then UNAVAILABLE.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence on a connection with calls after which we ping. Default 30 s; zero never pings.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait for a sign of life after a ping, after which the connection is given up. Default 20 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Compress requests with gzip. Default false: record batches are compressed by their producers.</summary>
    public bool CompressRequests { get; init; }

    /// <summary>For https addresses: trust, client certificate. Null is the system's default. ALPN is always h2.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Clock of deadlines and keep-alive.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Refuses what no connection could be made with.</summary>
    /// <exception cref="ArgumentException">Names the option and its range.</exception>
    internal void Validate()
    {
        Check(MaxReceiveMessageBytes, 1, int.MaxValue, nameof(MaxReceiveMessageBytes));
        Check(MaxSendMessageBytes, 1, int.MaxValue, nameof(MaxSendMessageBytes));
        Check(StreamWindowBytes, FlowControl.DefaultWindowBytes, int.MaxValue, nameof(StreamWindowBytes));
        Check(ConnectionWindowBytes, FlowControl.DefaultWindowBytes, int.MaxValue, nameof(ConnectionWindowBytes));
        Check(MaxFrameBytes, FrameHeader.DefaultMaxLength, FrameHeader.MaxMaxLength, nameof(MaxFrameBytes));
        Check(MaxSendFrameBytes, 1024, FrameHeader.MaxMaxLength, nameof(MaxSendFrameBytes));
        Check(MaxHeaderListBytes, 1024, 16 * 1024 * 1024, nameof(MaxHeaderListBytes));
        Check(ReadBufferBytes, FrameHeader.DefaultMaxLength + FrameHeader.Size, 16 * 1024 * 1024, nameof(ReadBufferBytes));
        Check(WriteBufferBytes, 0, int.MaxValue, nameof(WriteBufferBytes));
        Check(MaxConnections, 1, 1024, nameof(MaxConnections));
        Check(SocketReceiveBufferBytes, 0, int.MaxValue, nameof(SocketReceiveBufferBytes));
        Check(SocketSendBufferBytes, 0, int.MaxValue, nameof(SocketSendBufferBytes));
    }

    private static void Check(int value, int min, int max, string name)
    {
        if (value < min || value > max)
        {
            throw new ArgumentException($"{name} is {value}; it must be from {min} to {max}.");
        }
    }
}
