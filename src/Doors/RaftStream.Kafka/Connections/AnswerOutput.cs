using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Where answers leave a connection. One user at a time.</summary>
internal abstract class AnswerOutput
{
    /// <summary>How bytes of files leave, for the metric: <c>sendfile</c> or <c>copy</c>.</summary>
    public abstract string FilePath { get; }

    /// <summary>Sends bytes; they may be used again when it completes.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Sends all bytes of a slice of a file.</summary>
    /// <returns>Bytes that the kernel sent straight from the file.</returns>
    /// <exception cref="StorageException">They cannot be read, or no longer: the answer is broken, close the connection.</exception>
    public abstract ValueTask<int> SendFileAsync(LogSlice slice);
}
