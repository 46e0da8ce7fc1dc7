using System.Buffers;
using System.Runtime.InteropServices;
using RaftStream.Contracts;
using RaftStream.Records;

namespace RaftStream.Grpc;

/// <summary>Turns decoded records of a produce request into one batch. Reusable; one owner.</summary>
internal sealed class RecordEncoder : IDisposable
{
    // The transport has bounded the request already; the topic's own limit is checked on the batch.
    private readonly RecordBatchBuilder _builder = new(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
    private readonly List<RecordHeader> _headers = [];
    private byte[] _keyScratch = [];
    private byte[] _valueScratch = [];

    /// <summary>Encodes the records of <paramref name="message"/>.</summary>
    /// <param name="nowMs">Time of records that have none, milliseconds since 1970.</param>
    /// <returns>The batch; valid until the next call.</returns>
    public ReadOnlySequence<byte> Encode(ProduceMessage message, long nowMs)
    {
        _builder.Reset();
        foreach (RecordField record in message.Records)
        {
            _headers.Clear();
            foreach (HeaderField header in record.Headers)
            {
                _headers.Add(new RecordHeader(Memory(header.Key), header.HasValue ? Memory(header.Value) : null));
            }

            OptionalBytes key = record.HasKey ? Span(record.Key, ref _keyScratch) : OptionalBytes.Null;
            OptionalBytes value = record.HasValue ? Span(record.Value, ref _valueScratch) : OptionalBytes.Null;
            long timestampMs = record.TimestampMs == 0 ? nowMs : record.TimestampMs;
            _builder.TryAppend(timestampMs, key, value, CollectionsMarshal.AsSpan(_headers));
        }

        return new ReadOnlySequence<byte>(_builder.Build());
    }

    /// <summary>
    /// The partition for records that leave the choice to the broker: that of the keys, which must agree, as Kafka's
    /// clients compute it; without keys the one that <paramref name="anyPartition"/> says.
    /// </summary>
    /// <returns>-1 when the keys belong to different partitions.</returns>
    public int ChoosePartition(ProduceMessage message, int partitions, int anyPartition)
    {
        int chosen = -1;
        foreach (RecordField record in message.Records)
        {
            if (!record.HasKey)
            {
                continue;
            }

            int partition = Murmur2.Partition(Span(record.Key, ref _keyScratch), partitions);
            if (chosen >= 0 && chosen != partition)
            {
                return -1;
            }

            chosen = partition;
        }

        return chosen >= 0 ? chosen : anyPartition;
    }

    /// <inheritdoc/>
    public void Dispose() => _builder.Dispose();

    private static ReadOnlySpan<byte> Span(in ReadOnlySequence<byte> bytes, ref byte[] scratch)
    {
        if (bytes.IsSingleSegment)
        {
            return bytes.FirstSpan;
        }

        int length = (int)bytes.Length;
        if (scratch.Length < length)
        {
            scratch = new byte[length];
        }

        bytes.CopyTo(scratch);
        return scratch.AsSpan(0, length);
    }

    private static ReadOnlyMemory<byte> Memory(in ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment ? bytes.First : bytes.ToArray();
}
