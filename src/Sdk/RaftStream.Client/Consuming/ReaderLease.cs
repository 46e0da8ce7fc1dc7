namespace RaftStream.Client.Consuming;

/// <summary>Lends the consumer's reader to one enumeration at a time.</summary>
internal sealed class ReaderLease(BatchReader reader)
{
    private int _isTaken;

    /// <summary>Takes the reader.</summary>
    /// <exception cref="InvalidOperationException">Another enumeration has it.</exception>
    public BatchReader Take() => Interlocked.Exchange(ref _isTaken, 1) == 0
        ? reader
        : throw new InvalidOperationException("The consumer is being read already: dispose of the other enumeration first.");

    /// <summary>Gives it back.</summary>
    public void Return() => Volatile.Write(ref _isTaken, 0);
}
