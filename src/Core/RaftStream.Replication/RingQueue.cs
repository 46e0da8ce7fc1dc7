using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>A first-in first-out queue of structs that keeps its memory: nothing is allocated in steady state.</summary>
/// <remarks>One owner; not thread-safe.</remarks>
internal sealed class RingQueue<T>
{
    private T[] _items = new T[4];
    private int _head;

    public int Count { get; private set; }

    /// <summary>The item at <paramref name="index"/> from the front, in [0, <see cref="Count"/>).</summary>
    public ref T this[int index]
    {
        get
        {
            Invariant.Check((uint)index < (uint)Count);
            return ref _items[(_head + index) & (_items.Length - 1)];
        }
    }

    public void Enqueue(in T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[(_head + Count) & (_items.Length - 1)] = item;
        Count++;
    }

    public T Dequeue()
    {
        Invariant.Check(Count > 0);
        T item = _items[_head];
        _items[_head] = default!;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    /// <summary>Drops all items behind the first <paramref name="count"/>.</summary>
    public void Truncate(int count)
    {
        for (int i = count; i < Count; i++)
        {
            this[i] = default!;
        }

        Count = count;
    }

    private void Grow()
    {
        var larger = new T[_items.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }

        (_items, _head) = (larger, 0);
    }
}
