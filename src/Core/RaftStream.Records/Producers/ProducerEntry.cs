using System.Runtime.CompilerServices;

namespace RaftStream.Records.Producers;

/// <summary>What a log knows of one idempotent producer (G-3.2).</summary>
public sealed class ProducerEntry
{
    /// <summary>Batches that are known again: as many as a client may have under way for one partition (G-3.6).</summary>
    public const int MaxBatches = 5;

    private Batches _batches;

    internal ProducerEntry(long producerId) => ProducerId = producerId;

    /// <summary>Who; at least 0.</summary>
    public long ProducerId { get; }

    /// <summary>The producer's epoch.</summary>
    public short Epoch { get; private set; } = -1;

    /// <summary>When this replica saw the last batch, wall time in milliseconds since 1970: for expiry only (G-3.9).</summary>
    public long LastSeenMs { get; private set; }

    /// <summary>Batches remembered, at most <see cref="MaxBatches"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Sequence of the last record; -1 when there is none in this epoch.</summary>
    public int LastSequence => Count == 0 ? RecordBatchHeader.NoSequence : _batches[Count - 1].LastSequence;

    /// <summary>A remembered batch, the oldest first.</summary>
    public ProducedBatch this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return _batches[index];
        }
    }

    /// <summary>Finds the batch with exactly these sequences.</summary>
    internal bool TryFind(int firstSequence, int lastSequence, out ProducedBatch found)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            found = _batches[i];
            if (found.FirstSequence == firstSequence && found.LastSequence == lastSequence)
            {
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>A batch is in the log; a new epoch forgets those of the one before (G-3.6).</summary>
    internal void Take(short epoch, in ProducedBatch batch, long nowMs)
    {
        if (epoch != Epoch)
        {
            (Epoch, Count) = (epoch, 0);
        }

        if (Count == MaxBatches)
        {
            ((Span<ProducedBatch>)_batches)[1..].CopyTo(_batches);
            Count--;
        }

        _batches[Count++] = batch;
        LastSeenMs = Math.Max(LastSeenMs, nowMs);
    }

    /// <summary>S-R7: does this batch continue what is known? Without knowledge anything does.</summary>
    internal bool Continues(short epoch, in ProducedBatch batch) => epoch == Epoch
        ? Count == 0 || batch.FirstSequence == ProducerSequence.Next(LastSequence)
        : epoch > Epoch && (batch.FirstSequence == 0 || Epoch < 0);

    [InlineArray(MaxBatches)]
    private struct Batches
    {
        private ProducedBatch _first;
    }
}
