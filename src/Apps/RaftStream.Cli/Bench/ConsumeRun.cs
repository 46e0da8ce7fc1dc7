using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Bench;

/// <summary>Reads a topic from its beginning to the end that it had, looking at every record.</summary>
internal sealed class ConsumeRun(RaftStreamClient client, IReadOnlyList<OffsetAnswer> ends)
{
    private long _records;

    /// <summary>Records read so far, over all passes.</summary>
    public long Records => Volatile.Read(ref _records);

    /// <summary>Bytes of their values.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads everything once.</summary>
    /// <param name="isEnough">Asked after every batch; true ends the pass early.</param>
    public async Task PassAsync(Func<bool>? isEnough, CancellationToken cancellationToken)
    {
        Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
        await using var closingConsumer = consumer.ConfigureAwait(false);
        Dictionary<NamedPartition, long> left = ends.Where(end => end.Offset > 0).ToDictionary(end => end.Partition, end => end.Offset);
        consumer.Assign(left.Keys.Select(partition => KeyValuePair.Create(partition, StartPosition.Beginning)));
        await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync(cancellationToken).ConfigureAwait(false))
        {
            Look(batch);
            if (batch.LastOffset + 1 >= left.GetValueOrDefault(batch.Partition, long.MaxValue))
            {
                left.Remove(batch.Partition);
            }

            if (left.Count == 0 || isEnough?.Invoke() == true)
            {
                return;
            }
        }
    }

    private void Look(ConsumedBatch batch)
    {
        long records = 0;
        long bytes = 0;
        foreach (RecordView record in batch)
        {
            records++;
            bytes += record.Value.Length;
        }

        Bytes += bytes;
        Volatile.Write(ref _records, _records + records);
    }
}
