using System.Buffers.Binary;

namespace RaftStream.Records;

/// <summary>The record that ends a producer's transaction on a partition, in a control batch (KIP-98).</summary>
/// <param name="IsCommit">Commit, else abort.</param>
/// <param name="CoordinatorEpoch">Reign of the transaction coordinator that decided; fences older ones.</param>
/// <remarks>
/// Key: version int16, type int16 (0 abort, 1 commit). Value: version int16, coordinator epoch int32.
/// </remarks>
public readonly record struct EndTransactionMarker(bool IsCommit, int CoordinatorEpoch)
{
    internal const int KeySize = 4;
    internal const int ValueSize = 6;

    private const short AbortType = 0;
    private const short CommitType = 1;

    /// <summary>Reads the marker in a record of a control batch.</summary>
    /// <returns>
    /// False when the record is no end of a transaction (other control types exist) or is malformed. A later version
    /// may have more bytes behind; they are skipped.
    /// </returns>
    public static bool TryRead(in RecordView record, out EndTransactionMarker marker)
    {
        ReadOnlySpan<byte> key = record.Key.Span;
        ReadOnlySpan<byte> value = record.Value.Span;
        marker = default;
        if (key.Length < KeySize || value.Length < ValueSize
            || BinaryPrimitives.ReadInt16BigEndian(key) < 0
            || BinaryPrimitives.ReadInt16BigEndian(value) < 0)
        {
            return false;
        }

        short type = BinaryPrimitives.ReadInt16BigEndian(key[2..]);
        marker = new EndTransactionMarker(type == CommitType, BinaryPrimitives.ReadInt32BigEndian(value[2..]));
        return type is AbortType or CommitType;
    }

    internal void Write(Span<byte> key, Span<byte> value)
    {
        BinaryPrimitives.WriteInt16BigEndian(key, 0);
        BinaryPrimitives.WriteInt16BigEndian(key[2..], IsCommit ? CommitType : AbortType);
        BinaryPrimitives.WriteInt16BigEndian(value, 0);
        BinaryPrimitives.WriteInt32BigEndian(value[2..], CoordinatorEpoch);
    }
}
