using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Consuming;

/// <summary>Reads a plan, prints what it reads, and knows when that is all.</summary>
/// <param name="rack">Where the reader stands; empty reads from leaders.</param>
internal sealed class TopicReader(CliConsole console, IRecordPrinter printer, string rack) : IDisposable
{
    private const int FlushAtBytes = 64 * 1024;

    private readonly PooledBufferWriter _output = new();
    private readonly Dictionary<NamedPartition, long> _ends = [];
    private readonly CancellationTokenSource _done = new();
    private long _left;

    /// <summary>Reads until the ends of the plan (for ever with <paramref name="follow"/>) or <paramref name="limit"/> records.</summary>
    /// <exception cref="BrokenPipeException">The reader of the output has gone.</exception>
    public async Task RunAsync(
        RaftStreamClient client, ReadingPlan plan, bool follow, long limit, CancellationToken cancellationToken)
    {
        _left = limit;
        List<PlannedPartition> partitions = [.. plan.Partitions.Where(partition => follow || partition.Start < partition.End)];
        if (partitions.Count == 0 || limit == 0)
        {
            return;
        }

        if (!follow)
        {
            partitions.ForEach(partition => _ends.Add(partition.Partition, partition.End));
        }

        Consumer consumer = client.CreateConsumer(new ConsumerOptions
        {
            OffsetReset = OffsetReset.None,
            ClientRack = rack,
            // A partition may end in something that is no record (a marker): then no batch says that its end was reached.
            PartitionEndHandler = (partition, end) => ReachedUnlessAll(partition, end),
        });
        await using var closingConsumer = consumer.ConfigureAwait(false);
        consumer.Assign(partitions.Select(partition => KeyValuePair.Create(partition.Partition, StartPosition.AtOffset(partition.Start))));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _done.Token);
        try
        {
            await ReadAsync(consumer, follow, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_done.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Everything was read.
        }
        finally
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _done.Dispose();
    }

    private async Task ReadAsync(Consumer consumer, bool follow, CancellationToken cancellationToken)
    {
        IAsyncEnumerator<ConsumedBatch> batches = consumer.ConsumeBatchesAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (batches.ConfigureAwait(false))
        {
            while (true)
            {
                ValueTask<bool> next = batches.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    // Nothing more for the moment: what is there should be seen.
                    Flush();
                }

                if (!await next.ConfigureAwait(false))
                {
                    return;
                }

                Print(batches.Current);
                if (_left == 0 || (!follow && ReachedUnlessAll(batches.Current.Partition, batches.Current.LastOffset + 1)))
                {
                    return;
                }
            }
        }
    }

    private void Print(ConsumedBatch batch)
    {
        long end = _ends.GetValueOrDefault(batch.Partition, _ends.Count == 0 ? long.MaxValue : 0);
        foreach (RecordView record in batch)
        {
            if (_left == 0 || record.Offset >= end)
            {
                return;
            }

            printer.Print(batch.Partition, record, _output);
            _left--;
            if (_output.Length >= FlushAtBytes)
            {
                Flush();
            }
        }
    }

    /// <summary>Notes how far a partition was read.</summary>
    /// <returns>True when that was the last one.</returns>
    private bool ReachedUnlessAll(NamedPartition partition, long end)
    {
        if (_ends.TryGetValue(partition, out long wanted) && end >= wanted)
        {
            // What is behind the end may still come; it is not printed.
            _ends[partition] = 0;
            if (_ends.Values.All(left => left == 0))
            {
                _done.Cancel();
                return true;
            }
        }

        return false;
    }

    private void Flush()
    {
        if (_output.Length > 0)
        {
            console.Out.Write(_output.Written);
            _output.Clear();
        }
    }
}
