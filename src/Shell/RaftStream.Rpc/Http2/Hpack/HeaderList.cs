namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>One decoded header block, reused from block to block.</summary>
internal sealed class HeaderList(int limitBytes)
{
    private readonly List<HeaderField> _fields = [];
    private int _size;

    /// <summary>The lines in the order in which they came; valid until <see cref="Clear"/>.</summary>
    public IReadOnlyList<HeaderField> Fields => _fields;

    /// <summary>True when the block was larger than our SETTINGS_MAX_HEADER_LIST_SIZE; what came after is dropped.</summary>
    /// <remarks>The block was decoded to its end all the same, since the compression state depends on it.</remarks>
    public bool IsTooLarge { get; private set; }

    /// <summary>The value of the first line with this name, or null.</summary>
    public string? Find(string name)
    {
        foreach (HeaderField field in _fields)
        {
            if (field.Name == name)
            {
                return field.Value;
            }
        }

        return null;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _fields.Clear();
        _size = 0;
        IsTooLarge = false;
    }

    /// <summary>Adds a line, or notes that there are too many.</summary>
    public void Add(HeaderField field)
    {
        _size += field.SizeInBytes;
        if (_size > limitBytes)
        {
            IsTooLarge = true;
        }
        else
        {
            _fields.Add(field);
        }
    }
}
