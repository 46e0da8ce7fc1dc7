namespace Grpc.Core;

/// <summary>How a message is sent.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>More follows at once: leave the message in the buffer until a message without this flag, or the end of the stream.</summary>
    BufferHint = 1,

    /// <summary>Send this message as it is, although the call is compressed.</summary>
    NoCompress = 2,
}

/// <summary>Options of the messages written from now on.</summary>
/// <param name="flags">What is special about them.</param>
public sealed class WriteOptions(WriteFlags flags = WriteFlags.None)
{
    /// <summary>Nothing special.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>What is special about them.</summary>
    public WriteFlags Flags { get; } = flags;
}
