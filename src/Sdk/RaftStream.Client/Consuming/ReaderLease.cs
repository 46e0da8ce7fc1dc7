namespace RaftStream.Client.Consuming;

/// <summary>Lends the consumer's reader to one enumeration at a time, and disposes of it when both sides are done.</summary>
internal sealed class ReaderLease(BatchReader reader)
{
    private readonly Lock _gate = new();
    private bool _isTaken;
    private bool _isClosed;

    /// <summary>Takes the reader.</summary>
    /// <exception cref="InvalidOperationException">Another enumeration has it.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public BatchReader Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(Consumer));
            if (_isTaken)
            {
                throw new InvalidOperationException("The consumer is being read already: dispose of the other enumeration first.");
            }

            _isTaken = true;
            return reader;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Return()
    {
        lock (_gate)
        {
            _isTaken = false;
            DisposeIfDone();
        }
    }

    /// <summary>Lends it no more; what it holds is released once nobody reads.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            DisposeIfDone();
        }
    }

    private void DisposeIfDone()
    {
        if (_isClosed && !_isTaken)
        {
            reader.Dispose();
        }
    }
}
