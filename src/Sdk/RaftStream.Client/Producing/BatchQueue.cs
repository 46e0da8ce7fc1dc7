using RaftStream.Model;

namespace RaftStream.Client.Producing;

/// <summary>A first-in first-out chain of batches; a batch is in one chain at a time. Allocates nothing.</summary>
/// <remarks>A mutable struct: keep it in a field, never copy it. Guarded by its partition's lock.</remarks>
internal struct BatchQueue
{
    private ProducerBatch? _tail;

    /// <summary>The oldest batch; null when empty.</summary>
    public ProducerBatch? Head { get; private set; }

    /// <summary>Batches in the chain.</summary>
    public int Count { get; private set; }

    /// <summary>Adds at the end.</summary>
    public void Enqueue(ProducerBatch batch)
    {
        Invariant.Check(batch.Next is null);
        if (_tail is null)
        {
            Head = batch;
        }
        else
        {
            _tail.Next = batch;
        }

        _tail = batch;
        Count++;
    }

    /// <summary>Takes the oldest; the chain is not empty.</summary>
    public ProducerBatch Dequeue()
    {
        Invariant.Check(Head is not null);
        ProducerBatch batch = Head;
        Head = batch.Next;
        batch.Next = null;
        Count--;
        if (Head is null)
        {
            _tail = null;
        }

        return batch;
    }

    /// <summary>Puts all of <paramref name="older"/> in front, in its order, and empties it.</summary>
    public void Prepend(ref BatchQueue older)
    {
        if (older.Head is null)
        {
            return;
        }

        older._tail!.Next = Head;
        Head = older.Head;
        _tail ??= older._tail;
        Count += older.Count;
        older = default;
    }
}
