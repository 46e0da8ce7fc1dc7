namespace RaftStream.Rpc.Http2;

/// <summary>Numbers that both directions of flow control share (RFC 9113 §6.9).</summary>
internal static class FlowControl
{
    /// <summary>Window of connections and streams before anyone says otherwise, bytes.</summary>
    public const int DefaultWindowBytes = 65_535;

    /// <summary>Largest window there is, bytes.</summary>
    public const int MaxWindowBytes = int.MaxValue;
}

/// <summary>What the peer may still send us. Credit goes back in few, large WINDOW_UPDATEs: at half the window.</summary>
/// <remarks>A mutable struct of its owner, who locks.</remarks>
internal struct ReceiveWindow(int sizeBytes)
{
    private readonly int _sizeBytes = sizeBytes;
    private int _availableBytes = sizeBytes;
    private int _uncreditedBytes;

    /// <summary>Accounts for arrived bytes, padding included.</summary>
    /// <returns>False when the peer sent more than it was allowed.</returns>
    public bool TryReceive(int bytes)
    {
        _availableBytes -= bytes;
        return _availableBytes >= 0;
    }

    /// <summary>Gives back bytes that have been used up.</summary>
    /// <returns>The WINDOW_UPDATE to send now, or 0 when it can wait.</returns>
    public int Credit(int bytes)
    {
        _uncreditedBytes += bytes;
        if (_uncreditedBytes < _sizeBytes / 2)
        {
            return 0;
        }

        int increment = _uncreditedBytes;
        _uncreditedBytes = 0;
        _availableBytes += increment;
        return increment;
    }
}

/// <summary>What we may still send. Negative after the peer shrank its initial window (§6.9.2).</summary>
/// <remarks>A mutable struct of its owner, who locks.</remarks>
internal struct SendWindow(int bytes)
{
    private long _bytes = bytes;

    /// <summary>Bytes that may be sent now; 0 when none.</summary>
    public readonly int Available => (int)Math.Max(0, _bytes);

    /// <summary>Accounts for sent bytes, at most <see cref="Available"/>.</summary>
    public void Consume(int bytes) => _bytes -= bytes;

    /// <summary>Carries out a WINDOW_UPDATE, or the difference of two initial windows.</summary>
    /// <returns>False when the window would pass 2^31-1, an error of the peer.</returns>
    public bool TryAdd(int bytes)
    {
        _bytes += bytes;
        return _bytes <= FlowControl.MaxWindowBytes;
    }
}
