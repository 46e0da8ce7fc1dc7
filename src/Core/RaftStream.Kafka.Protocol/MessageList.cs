namespace RaftStream.Kafka.Protocol;

/// <summary>An array of structs, or null. Its elements are used again: <see cref="Add"/> hands out one that is reset.</summary>
/// <remarks>Never keep an element beyond <see cref="Clear"/>. One owner; not thread-safe.</remarks>
public sealed class MessageList<T>
    where T : class, IKafkaStruct, new()
{
    // A frame with more elements than this was no everyday one: what it needed is not kept.
    private const int MostKept = 256;

    private T?[] _items;

    /// <summary>Makes an empty array, or null.</summary>
    public MessageList(bool isNull = false)
    {
        _items = [];
        IsNull = isNull;
    }

    /// <summary>Elements; 0 when null.</summary>
    public int Count { get; private set; }

    /// <summary>True when the array is null rather than empty.</summary>
    public bool IsNull { get; private set; }

    /// <summary>The element at <paramref name="index"/>.</summary>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _items[index]!;
        }
    }

    /// <summary>Appends an element with its defaults; a null array becomes one of one element.</summary>
    public T Add()
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, Count * 2));
        }

        IsNull = false;
        return _items[Count++] ??= new T();
    }

    /// <summary>Makes the array empty.</summary>
    public void Clear()
    {
        IsNull = false;
        if (Count > MostKept)
        {
            _items = [];
        }
        else
        {
            for (int i = 0; i < Count; i++)
            {
                _items[i]!.Reset();
            }
        }

        Count = 0;
    }

    /// <summary>Makes the array null.</summary>
    public void SetNull()
    {
        Clear();
        IsNull = true;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(this);

    internal void Begin(int count)
    {
        Clear();
        IsNull = count < 0;
    }

    /// <summary>Walks the elements in order.</summary>
    public struct Enumerator(MessageList<T> list)
    {
        private int _index = -1;

        /// <summary>The element.</summary>
        public readonly T Current => list._items[_index]!;

        /// <summary>Goes to the next element.</summary>
        public bool MoveNext() => ++_index < list.Count;
    }
}
