using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Benchmarks.Doors;

/// <summary>What a client moved.</summary>
/// <param name="Requests">Produce: requests (Kafka) or messages (gRPC), all answered. Consume: answers.</param>
internal readonly record struct LoadCount(long Requests, long Records);

/// <summary>A client of one door that costs as little as it can: batches are encoded once and sent again and again.</summary>
internal abstract class DoorLoad(DoorCase shape, string topic)
{
    /// <summary>Requests of a connection without an answer: what Kafka's producers allow.</summary>
    protected const int UnderWay = 5;

    /// <summary>Most bytes that are read of a partition at a time.</summary>
    protected const int ReadBytes = 1 << 20;

    private byte[]? _batch;

    protected DoorCase Shape => shape;

    protected string Topic => topic;

    /// <summary>An encoded batch of the case's size, as full as it gets.</summary>
    protected ReadOnlyMemory<byte> Batch => _batch ??= Encode();

    /// <summary>Records in <see cref="Batch"/>.</summary>
    protected int BatchRecords { get; private set; }

    /// <summary>Produces as long as it may, and waits for all answers.</summary>
    public abstract Task<LoadCount> ProduceAsync(Func<bool> goOn);

    /// <summary>Reads from the beginning to the end and again.</summary>
    public abstract Task<LoadCount> ConsumeAsync(Func<bool> goOn);

    /// <summary>Walks over batches.</summary>
    /// <param name="next">The offset behind the last.</param>
    /// <returns>Records in them.</returns>
    protected static long Walk(ReadOnlySequence<byte> batches, ref long next)
    {
        long records = 0;
        while (!batches.IsEmpty)
        {
            Invariant.Check(RecordBatchHeader.TryRead(batches, out RecordBatchHeader header));
            records += header.RecordCount;
            next = header.NextOffset.Value;
            batches = batches.Slice(header.SizeInBytes);
        }

        return records;
    }

    private byte[] Encode()
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = shape.BatchBytes });
        byte[] value = new byte[shape.RecordBytes];
        var random = new Prng(seed: 1);
        do
        {
            random.Fill(value);
        }
        while (builder.TryAppend(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), OptionalBytes.Null, value));

        BatchRecords = builder.RecordCount;
        return builder.Build().ToArray();
    }
}
