using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Where answers leave a connection. One user at a time.</summary>
internal abstract class AnswerOutput
{
    /// <summary>Sends bytes; they may be used again when it completes.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Sends all bytes of a slice of a file, and counts them in the metric, those of an attempt that fails, too.</summary>
    /// <exception cref="StorageException">They cannot be read, or no longer: the answer is broken, close the connection.</exception>
    public abstract ValueTask SendFileAsync(LogSlice slice);
}
