namespace RaftStream.Rpc.Http2.Frames;

/// <summary>What a <see cref="FrameParser"/> accepts, bytes.</summary>
/// <param name="MaxFrameBytes">Our SETTINGS_MAX_FRAME_SIZE.</param>
/// <param name="ReadBufferBytes">Read buffer; also bounds every frame but DATA.</param>
/// <param name="HeaderTableBytes">Our SETTINGS_HEADER_TABLE_SIZE.</param>
/// <param name="MaxHeaderListBytes">Our SETTINGS_MAX_HEADER_LIST_SIZE; a block on the wire may not be larger either.</param>
internal readonly record struct FrameLimits(
    int MaxFrameBytes, int ReadBufferBytes, int HeaderTableBytes, int MaxHeaderListBytes);
