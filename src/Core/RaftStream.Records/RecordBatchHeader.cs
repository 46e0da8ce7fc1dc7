using System.Buffers;
using System.Buffers.Binary;
using RaftStream.Model;

namespace RaftStream.Records;

/// <summary>
/// The fixed 61 bytes at the front of a Kafka record batch, version 2 (KIP-98). All numbers big-endian.
/// </summary>
/// <remarks>
/// <code>
///  at  size
///   0   8   base offset             outside the checksum: the leader sets it
///   8   4   batch length            bytes that follow this field
///  12   4   partition leader epoch  outside the checksum: the leader sets it
///  16   1   magic                   2
///  17   4   CRC-32C                 of everything from 21 on
///  21   2   attributes              0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon
///  23   4   last offset delta
///  27   8   base timestamp          ms since 1970; with the delete-horizon flag that horizon (KIP-534)
///  35   8   max timestamp           ms since 1970
///  43   8   producer id             -1 is none
///  51   2   producer epoch
///  53   4   base sequence
///  57   4   record count
///  61       records, compressed as a whole when a codec is set
/// </code>
/// The fields are as found: <see cref="CheckSanity"/> says whether they can be relied on.
/// </remarks>
public readonly record struct RecordBatchHeader
{
    /// <summary>Bytes of a header: where the records begin.</summary>
    public const int Size = 61;

    /// <summary>Bytes in front of what the length field counts.</summary>
    public const int LengthPrefixSize = 12;

    /// <summary>The only format version that is read and written.</summary>
    public const byte CurrentMagic = 2;

    /// <summary>Where the checksummed part begins.</summary>
    public const int ChecksummedFrom = AttributesAt;

    /// <summary>Producer id of a batch written by a producer that is not idempotent.</summary>
    public const long NoProducerId = -1;

    /// <summary>Producer epoch beside <see cref="NoProducerId"/>.</summary>
    public const short NoProducerEpoch = -1;

    /// <summary>Base sequence beside <see cref="NoProducerId"/>.</summary>
    public const int NoSequence = -1;

    /// <summary>A record without a time.</summary>
    public const long NoTimestamp = -1;

    internal const int BatchLengthAt = 8;
    internal const int LeaderEpochAt = 12;
    internal const int MagicAt = 16;
    internal const int CrcAt = 17;
    internal const int AttributesAt = 21;
    internal const int LastOffsetDeltaAt = 23;
    internal const int BaseTimestampAt = 27;
    internal const int MaxTimestampAt = 35;
    internal const int ProducerIdAt = 43;
    internal const int ProducerEpochAt = 51;
    internal const int BaseSequenceAt = 53;
    internal const int RecordCountAt = 57;

    internal const short CodecMask = 0x07;
    internal const short LogAppendTimeBit = 0x08;
    internal const short TransactionalBit = 0x10;
    internal const short ControlBit = 0x20;
    internal const short DeleteHorizonBit = 0x40;

    /// <summary>
    /// Offset of the first record of the batch as it was produced (compaction may have removed that record).
    /// </summary>
    public Offset BaseOffset { get; init; }

    /// <summary>The length field: bytes after it. Everything a peer may write; see <see cref="CheckSanity"/>.</summary>
    public int BatchLength { get; init; }

    /// <summary>The reign in which the batch was appended; what producers write here has no meaning.</summary>
    public LeaderEpoch PartitionLeaderEpoch { get; init; }

    /// <summary>Format version; <see cref="CurrentMagic"/> or not readable.</summary>
    public byte Magic { get; init; }

    /// <summary>CRC-32C of the bytes from <see cref="ChecksummedFrom"/> to the batch's end.</summary>
    public uint Crc { get; init; }

    /// <summary>The flag word; its parts are below.</summary>
    public short Attributes { get; init; }

    /// <summary>Last offset minus base offset; kept by compaction even when the last record goes.</summary>
    public int LastOffsetDelta { get; init; }

    /// <summary>
    /// What the records' timestamp deltas count from, ms; with the flag set, the delete horizon too (KIP-534).
    /// </summary>
    public long BaseTimestamp { get; init; }

    /// <summary>
    /// Largest timestamp of the records, ms; with log append time the one of all of them. -1 is none.
    /// </summary>
    public long MaxTimestamp { get; init; }

    /// <summary>Who wrote it, for deduplication; <see cref="NoProducerId"/> for nobody in particular.</summary>
    public long ProducerId { get; init; }

    /// <summary>The producer's epoch; fences older instances of it.</summary>
    public short ProducerEpoch { get; init; }

    /// <summary>Sequence number of the first record.</summary>
    public int BaseSequence { get; init; }

    /// <summary>Records in the batch; 0 is possible after compaction.</summary>
    public int RecordCount { get; init; }

    /// <summary>
    /// Bytes of the whole batch, header included; <see cref="int.MaxValue"/> when the length field overflows that.
    /// </summary>
    public int SizeInBytes => (int)Math.Min((long)BatchLength + LengthPrefixSize, int.MaxValue);

    /// <summary>
    /// How the records are compressed; values above <see cref="CompressionCodec.Zstd"/> are unknown codecs.
    /// </summary>
    public CompressionCodec Codec => (CompressionCodec)(Attributes & CodecMask);

    /// <summary>Whose clock stamped the records.</summary>
    public TimestampType TimestampType =>
        (Attributes & LogAppendTimeBit) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    /// <summary>Part of a transaction: readable only once that is committed.</summary>
    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    /// <summary>Holds markers of the broker instead of records of a producer.</summary>
    public bool IsControl => (Attributes & ControlBit) != 0;

    /// <summary>True when <see cref="BaseTimestamp"/> is when tombstones and markers may go (KIP-534).</summary>
    public bool HasDeleteHorizon => (Attributes & DeleteHorizonBit) != 0;

    /// <summary>When tombstones and markers of this batch may go, ms; null when compaction has not set it.</summary>
    public long? DeleteHorizonMs => HasDeleteHorizon ? BaseTimestamp : null;

    /// <summary>True when an idempotent producer wrote it.</summary>
    public bool HasProducerId => ProducerId > NoProducerId;

    /// <summary>Offset of the last record; meaningful once <see cref="CheckSanity"/> is valid.</summary>
    public Offset LastOffset => new(unchecked(BaseOffset.Value + LastOffsetDelta));

    /// <summary>The offset after the last record: where the next batch begins.</summary>
    public Offset NextOffset => new(unchecked(BaseOffset.Value + LastOffsetDelta + 1));

    /// <summary>Sequence of the last record; sequences wrap to 0 after <see cref="int.MaxValue"/>.</summary>
    public int LastSequence => BaseSequence == NoSequence
        ? NoSequence
        : (int)(((long)BaseSequence + LastOffsetDelta) & int.MaxValue);

    /// <summary>Reads the header at the front of <paramref name="source"/>, whatever its fields say.</summary>
    /// <returns>
    /// False when fewer than <see cref="Size"/> bytes are there; <paramref name="header"/> is then default.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out RecordBatchHeader header)
    {
        if (source.Length < Size)
        {
            header = default;
            return false;
        }

        header = Read(source);
        return true;
    }

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, out RecordBatchHeader)"/>
    public static bool TryRead(in ReadOnlySequence<byte> source, out RecordBatchHeader header)
    {
        if (source.FirstSpan.Length >= Size)
        {
            header = Read(source.FirstSpan);
            return true;
        }

        if (source.Length < Size)
        {
            header = default;
            return false;
        }

        Span<byte> copy = stackalloc byte[Size];
        source.Slice(0, Size).CopyTo(copy);
        header = Read(copy);
        return true;
    }

    /// <summary>Sets base offset and leader epoch in place, both outside the checksum .</summary>
    /// <param name="batch">A batch or at least its header.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 16 bytes.</exception>
    public static void PatchOffsetAndEpoch(Span<byte> batch, Offset baseOffset, LeaderEpoch leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset.Value);
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], leaderEpoch.Value);
    }

    /// <summary>Writes the 61 bytes, the <see cref="Crc"/> field as it is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="destination"/> is shorter than <see cref="Size"/>.
    /// </exception>
    public void Write(Span<byte> destination)
    {
        Span<byte> to = destination[..Size];
        BinaryPrimitives.WriteInt64BigEndian(to, BaseOffset.Value);
        BinaryPrimitives.WriteInt32BigEndian(to[BatchLengthAt..], BatchLength);
        BinaryPrimitives.WriteInt32BigEndian(to[LeaderEpochAt..], PartitionLeaderEpoch.Value);
        to[MagicAt] = Magic;
        BinaryPrimitives.WriteUInt32BigEndian(to[CrcAt..], Crc);
        BinaryPrimitives.WriteInt16BigEndian(to[AttributesAt..], Attributes);
        BinaryPrimitives.WriteInt32BigEndian(to[LastOffsetDeltaAt..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(to[BaseTimestampAt..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(to[MaxTimestampAt..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(to[ProducerIdAt..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(to[ProducerEpochAt..], ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(to[BaseSequenceAt..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(to[RecordCountAt..], RecordCount);
    }

    /// <summary>
    /// Writes the header to the front of <paramref name="batch"/>, with length and checksum of these very bytes.
    /// </summary>
    /// <param name="batch">The whole batch: room for the header, then the records.</param>
    public void Seal(Span<byte> batch)
    {
        (this with { BatchLength = batch.Length - LengthPrefixSize }).Write(batch);
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], Crc32C.Compute(batch[ChecksummedFrom..]));
    }

    /// <summary>
    /// Says whether length and magic can be relied on: what a scan checks before it takes a step by the length.
    /// </summary>
    /// <param name="maxSizeInBytes">Largest allowed <see cref="SizeInBytes"/>.</param>
    public RecordCheck CheckSanity(int maxSizeInBytes)
    {
        if (BatchLength < Size - LengthPrefixSize)
        {
            return new RecordCheck(RecordFault.ImpossibleLength);
        }

        if (Magic != CurrentMagic)
        {
            return new RecordCheck(RecordFault.UnsupportedMagic);
        }

        return (long)BatchLength + LengthPrefixSize > maxSizeInBytes
            ? new RecordCheck(RecordFault.BatchTooLarge)
            : RecordCheck.Valid;
    }

    private static RecordBatchHeader Read(ReadOnlySpan<byte> source)
    {
        ReadOnlySpan<byte> from = source[..Size];
        return new RecordBatchHeader
        {
            BaseOffset = new Offset(BinaryPrimitives.ReadInt64BigEndian(from)),
            BatchLength = BinaryPrimitives.ReadInt32BigEndian(from[BatchLengthAt..]),
            PartitionLeaderEpoch = new LeaderEpoch(BinaryPrimitives.ReadInt32BigEndian(from[LeaderEpochAt..])),
            Magic = from[MagicAt],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(from[CrcAt..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(from[AttributesAt..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(from[LastOffsetDeltaAt..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(from[BaseTimestampAt..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(from[MaxTimestampAt..]),
            ProducerId = BinaryPrimitives.ReadInt64BigEndian(from[ProducerIdAt..]),
            ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(from[ProducerEpochAt..]),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(from[BaseSequenceAt..]),
            RecordCount = BinaryPrimitives.ReadInt32BigEndian(from[RecordCountAt..]),
        };
    }
}
