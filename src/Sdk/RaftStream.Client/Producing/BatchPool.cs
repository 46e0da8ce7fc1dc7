using RaftStream.Records;

namespace RaftStream.Client.Producing;

/// <summary>Batches to be used again, the last one returned first: its memory is still in the processor's cache.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BatchPool(RecordBatchBuilderOptions options, int keep) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<ProducerBatch> _free = new();

    /// <summary>An empty batch.</summary>
    public ProducerBatch Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out ProducerBatch? batch))
            {
                return batch;
            }
        }

        return new ProducerBatch(options);
    }

    /// <summary>Takes back a batch that nobody refers to any more.</summary>
    public void Return(ProducerBatch batch)
    {
        batch.Reset();
        lock (_gate)
        {
            if (_free.Count < keep)
            {
                _free.Push(batch);
                return;
            }
        }

        batch.Dispose();
    }

    /// <summary>Gives the memory of unused batches back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_free.TryPop(out ProducerBatch? batch))
            {
                batch.Dispose();
            }
        }
    }
}
