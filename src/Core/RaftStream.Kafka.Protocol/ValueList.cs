namespace RaftStream.Kafka.Protocol;

/// <summary>An array of numbers, identifiers or strings, or null. Its memory is used again.</summary>
/// <remarks>One owner; not thread-safe.</remarks>
public sealed class ValueList<T>
{
    // A frame with more elements than this was no everyday one: what it needed is not kept.
    private const int MostKept = 4096;

    private T[] _items;

    /// <summary>Makes an empty array, or null.</summary>
    public ValueList(bool isNull = false)
    {
        _items = [];
        IsNull = isNull;
    }

    /// <summary>Elements; 0 when null.</summary>
    public int Count { get; private set; }

    /// <summary>True when the array is null rather than empty.</summary>
    public bool IsNull { get; private set; }

    /// <summary>The element at <paramref name="index"/>.</summary>
    public T this[int index] => Span[index];

    /// <summary>The elements; valid until the list changes.</summary>
    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    /// <summary>Appends a value; a null array becomes one of one element.</summary>
    public void Add(T value)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, Count * 2));
        }

        IsNull = false;
        _items[Count++] = value;
    }

    /// <summary>Appends values in order; a null array becomes one of these.</summary>
    public void AddRange(IEnumerable<T> values)
    {
        IsNull = false;
        foreach (T value in values)
        {
            Add(value);
        }
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
            Array.Clear(_items, 0, Count);
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
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    internal void Begin(int count)
    {
        Clear();
        IsNull = count < 0;
    }
}
