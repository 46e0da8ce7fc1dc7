using RaftStream.Model;

namespace RaftStream.Raft.Leading;

/// <summary>What a leader knows of one other replica; from its fetches of this epoch only.</summary>
internal sealed class PeerProgress
{
    /// <summary>Its log end; null before its first valid fetch.</summary>
    public Offset? LogEnd { get; set; }

    /// <summary>What it has flushed; null before its first valid fetch.</summary>
    public Offset? DurableEnd { get; set; }

    /// <summary>Its last fetch of any kind; null before.</summary>
    public long? LastFetchMs { get; set; }

    /// <summary>The last barrier number that it has seen (C-8.5).</summary>
    public long BarrierEcho { get; set; }

    /// <summary>When it was told of the epoch last (7.2).</summary>
    public long? LastBeginMs { get; set; }
}
