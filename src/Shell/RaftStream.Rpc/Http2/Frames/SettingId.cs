namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Names of settings (RFC 9113 §6.5.2); others are ignored.</summary>
internal enum SettingId : ushort
{
    /// <summary>Bytes of HPACK table that the peer's encoder may use.</summary>
    HeaderTableSize = 1,

    /// <summary>1 allows the server to push; ours is 0.</summary>
    EnablePush = 2,

    /// <summary>Streams that the receiver may have open at a time.</summary>
    MaxConcurrentStreams = 3,

    /// <summary>Window that each new stream begins with.</summary>
    InitialWindowSize = 4,

    /// <summary>Largest frame payload that may be sent here.</summary>
    MaxFrameSize = 5,

    /// <summary>Advice: largest header list that will be read.</summary>
    MaxHeaderListSize = 6,
}
