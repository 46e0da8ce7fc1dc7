namespace RaftStream.Client.Producing;

/// <summary>
/// Reports the batches of one partition whose fate is known, in order and one at a time, whichever thread learnt of it, and
/// gives their memory back.
/// </summary>
/// <remarks>Thread-safe. <see cref="Add"/> may be called under the partition's lock; <see cref="Report"/> must not be.</remarks>
internal sealed class DeliveryLog(ProducerContext context)
{
    private readonly Lock _gate = new();
    private readonly List<(long Sequence, TaskCompletionSource Reported)> _flushes = [];
    private BatchQueue _unreported;
    private long _reportedEnd;
    private bool _isReporting;

    /// <summary>Adds a batch whose fate is final, after all earlier ones.</summary>
    public void Add(ProducerBatch batch)
    {
        lock (_gate)
        {
            _unreported.Enqueue(batch);
        }
    }

    /// <summary>Done when all records below <paramref name="sequence"/> have been reported.</summary>
    public Task WhenReportedAsync(long sequence)
    {
        lock (_gate)
        {
            if (_reportedEnd >= sequence)
            {
                return Task.CompletedTask;
            }

            var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((sequence, reported));
            return reported.Task;
        }
    }

    /// <summary>Reports what was added. When another thread is at it, that one does it.</summary>
    public void Report()
    {
        long reportedEnd = -1;
        while (TryTake(reportedEnd, out ProducerBatch? batch))
        {
            reportedEnd = batch!.FirstSequence + batch.Count;
            ReportOne(batch);
        }
    }

    // Takes the next batch and the right to report it; or gives up the right, once nothing is left.
    private bool TryTake(long reportedEnd, out ProducerBatch? batch)
    {
        bool isContinuing = reportedEnd >= 0;
        lock (_gate)
        {
            batch = null;
            if (isContinuing)
            {
                _reportedEnd = reportedEnd;
                CompleteFlushes();
            }
            else if (_isReporting)
            {
                return false;
            }

            _isReporting = _unreported.Count > 0;
            if (_isReporting)
            {
                batch = _unreported.Dequeue();
            }

            return _isReporting;
        }
    }

    private void ReportOne(ProducerBatch batch)
    {
        int bytes = batch.BudgetedBytes;
#pragma warning disable CA1031 // Code of the user must not stop the delivery of other records: kept, and thrown by the next flush.
        try
        {
            batch.Report(context.Options.DeliveryHandler);
        }
        catch (Exception exception)
        {
            context.HandlerFailure ??= exception;
        }
#pragma warning restore CA1031

        context.Pool.Return(batch);
        context.Budget.Give(bytes);
    }

    private void CompleteFlushes()
    {
        for (int i = _flushes.Count - 1; i >= 0; i--)
        {
            if (_flushes[i].Sequence <= _reportedEnd)
            {
                _flushes[i].Reported.TrySetResult();
                _flushes.RemoveAt(i);
            }
        }
    }
}
