using RaftStream.Model;

namespace RaftStream.Broker.Partitions;

/// <summary>Where reading a log has failed: who asks between the first such offset and the last has no use for another try.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class UnreadablePlace
{
    private readonly Lock _gate = new();
    private volatile bool _isKnown;
    private Offset _first;
    private Offset _last;

    /// <summary>True when a read from there on has failed, or would have to pass a place where one has.</summary>
    public bool Holds(Offset offset)
    {
        if (!_isKnown)
        {
            return false;
        }

        lock (_gate)
        {
            return _isKnown && _first <= offset && offset <= _last;
        }
    }

    /// <summary>Adds an offset.</summary>
    /// <returns>False when it was known.</returns>
    public bool Add(Offset offset)
    {
        lock (_gate)
        {
            if (_isKnown && _first <= offset && offset <= _last)
            {
                return false;
            }

            _first = _isKnown ? Offset.Min(_first, offset) : offset;
            _last = _isKnown ? Offset.Max(_last, offset) : offset;
            _isKnown = true;
            return true;
        }
    }

    /// <summary>The log will change: what could not be read may be gone.</summary>
    public void Clear() => _isKnown = false;
}
