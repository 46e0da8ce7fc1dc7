using System.Buffers;

namespace RaftStream.Contracts;

/// <summary>Bytes of record batches that lie elsewhere (a segment file) and are written straight into an answer.</summary>
public interface IBatchPayload
{
    /// <summary>Bytes, known before they are read.</summary>
    int Length { get; }

    /// <summary>Writes exactly <see cref="Length"/> bytes.</summary>
    void CopyTo(IBufferWriter<byte> output);
}
