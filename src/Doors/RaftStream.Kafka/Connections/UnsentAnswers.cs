using System.Runtime.CompilerServices;
using RaftStream.Kafka.Exchanges;

namespace RaftStream.Kafka.Connections;

/// <summary>Memory of the answers that one connection has not taken yet, and its part of the budget of all.</summary>
/// <remarks>
/// An answer counts twice: with what it was estimated to need while it is made, and once it is encoded with the buffer that it waits in. Up to
/// <see cref="FreeBytes"/> of each are neither counted nor waited for. Bytes of files need no memory and are not counted.
/// </remarks>
/// <param name="budget">Memory of all.</param>
/// <param name="most">With more than this the connection's next request waits, bytes.</param>
internal sealed class UnsentAnswers(MemoryBudget budget, long most)
{
    /// <summary>What each connection has for itself: enough for any everyday request.</summary>
    public const int FreeBytes = 128 << 10;

    private long _made;
    private long _counted;
    private long _encoded;

    /// <summary>Bytes that it has of the budget.</summary>
    public long Counted => Volatile.Read(ref _counted);

    /// <summary>False when answers should leave before one more is made. The first one always may.</summary>
    public bool HasRoomFor(long bytes)
    {
        long made = Volatile.Read(ref _made);
        return made == 0 || made + bytes <= most;
    }

    /// <summary>Takes memory for an answer that is about to be made; true when there was enough, else <see cref="TakeAsync"/> waits for it.</summary>
    /// <param name="bytes">What it will need, roughly.</param>
    public bool TryTake(Exchange exchange, long bytes)
    {
        exchange.AnswerMemory = new AnswerMemory(bytes, 0);
        return Interlocked.Add(ref _made, bytes) <= FreeBytes || bytes == 0;
    }

    /// <summary>Waits until there is memory for an answer for which there was too little.</summary>
    /// <exception cref="OperationCanceledException">The connection ended first.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask TakeAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        long bytes = exchange.AnswerMemory.Made;
        await budget.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _counted, bytes);
        exchange.AnswerMemory = new AnswerMemory(bytes, bytes);
    }

    /// <summary>What an answer was made of is not needed any more, or never came to be. Calling it again does nothing.</summary>
    /// <returns>Bytes that it was estimated to need.</returns>
    public long Return(Exchange exchange)
    {
        (long made, long counted) = exchange.AnswerMemory;
        exchange.AnswerMemory = default;
        Interlocked.Add(ref _made, -made);
        if (counted > 0)
        {
            Interlocked.Add(ref _counted, -counted);
            budget.Return(counted);
        }

        return made;
    }

    /// <summary>Encoded answers take that many bytes now. They are there already, so nobody waits; only whoever sends calls it.</summary>
    /// <returns>True when it is more than before.</returns>
    public bool SetEncoded(long bytes)
    {
        long change = (bytes > FreeBytes ? bytes : 0) - _encoded;
        if (change == 0)
        {
            return false;
        }

        _encoded += change;
        Interlocked.Add(ref _counted, change);
        if (change > 0)
        {
            budget.Charge(change);
        }
        else
        {
            budget.Return(-change);
        }

        return change > 0;
    }
}

/// <summary>Memory that an answer has while it is made.</summary>
/// <param name="Made">Bytes, roughly.</param>
/// <param name="Counted">Those of them that are taken from the budget.</param>
internal readonly record struct AnswerMemory(long Made, long Counted);
