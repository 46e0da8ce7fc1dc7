using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Chaos.Workload;

/// <summary>A consumer of the SDK that reads all partitions from the start, follows, and begins anew from time to time.</summary>
internal sealed class SdkConsumer(int number, IReadOnlyList<string> bootstrap, IReadOnlyList<NamedPartition> partitions, TimeSpan life, HistoryRecorder history)
{
    /// <summary>Reads until it is enough.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        for (int session = 0; !enough.IsCancellationRequested; session++)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(enough);
            end.CancelAfter(life);
            await ReadAsync(string.Create(CultureInfo.InvariantCulture, $"consumer-{number}.{session}"), end.Token);
        }
    }

    private async Task ReadAsync(string process, CancellationToken end)
    {
        await using var client = new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = bootstrap, ClientId = process, RequestTimeout = TimeSpan.FromSeconds(5) });
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
        consumer.Assign(partitions.Select(partition => KeyValuePair.Create(partition, StartPosition.Beginning)));
        long invoked = history.Now;
        try
        {
            await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync(end))
            {
                long completed = history.Now;
                history.Add(new PollOperation(batch.Partition, RecordsOf(batch))
                {
                    Process = process,
                    Invoked = invoked,
                    Completed = completed,
                    Outcome = Outcome.Ok,
                    AppendEpoch = batch.Header.PartitionLeaderEpoch.Value,
                });
                invoked = completed;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The session is over.
        }
        catch (RaftStreamException exception)
        {
            // An offset that is out of range, or a corrupt batch, would be a loss: the other checks tell which.
            history.Add(new PollOperation(partitions[0], []) { Process = process, Invoked = invoked, Completed = history.Now, Outcome = Outcome.Fail, Error = $"{exception.Code}: {exception.Message}" });
        }
    }

    private static ImmutableArray<Seen> RecordsOf(ConsumedBatch batch)
    {
        ImmutableArray<Seen>.Builder records = ImmutableArray.CreateBuilder<Seen>();
        foreach (RecordView record in batch)
        {
            records.Add(new Seen(record.Offset, Value.TryParse(record.Value.Span)));
        }

        return records.DrainToImmutable();
    }
}
