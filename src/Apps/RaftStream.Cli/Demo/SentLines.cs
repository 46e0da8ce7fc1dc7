using RaftStream.Client;

namespace RaftStream.Cli.Demo;

/// <summary>One run of records that the broker has acknowledged.</summary>
internal readonly record struct AcknowledgedRun(int Partition, long FirstSequence, long BaseOffset, int Count);

/// <summary>What was handed to the producer, and what the broker acknowledged of it.</summary>
/// <remarks>One thread produces; deliveries arrive on others.</remarks>
internal sealed class SentLines : IDeliveryHandler
{
    private readonly Lock _gate = new();
    private readonly List<AcknowledgedRun> _runs = [];
    private readonly List<List<int>> _linesByPartition = [];
    private long _acknowledged;
    private long _failed;

    /// <summary>Records acknowledged so far.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Records that the producer gave up.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>The reason of the first failure.</summary>
    public string? Failure { get; private set; }

    /// <summary>Lines taken by the producer so far.</summary>
    public int Taken { get; private set; }

    /// <summary>Acknowledged runs, in the order in which the answers came. When nothing is under way.</summary>
    public IReadOnlyList<AcknowledgedRun> Runs => _runs;

    /// <summary>Lines of each partition by sequence. When nothing is under way.</summary>
    public IReadOnlyList<IReadOnlyList<int>> LinesByPartition => _linesByPartition;

    /// <summary>Notes where the next line went.</summary>
    public void Note(ProduceTicket ticket)
    {
        while (_linesByPartition.Count <= ticket.Partition)
        {
            _linesByPartition.Add([]);
        }

        // Sequences count from 0 without a gap.
        _linesByPartition[ticket.Partition].Add(Taken);
        Taken++;
    }

    /// <inheritdoc/>
    public void OnDelivered(in DeliveryRange range)
    {
        lock (_gate)
        {
            if (range.Error is { } error)
            {
                _failed += range.Count;
                Failure ??= error.Message;
            }
            else
            {
                _acknowledged += range.Count;
                _runs.Add(new AcknowledgedRun(range.Partition.Partition, range.FirstSequence, range.BaseOffset, range.Count));
            }
        }
    }
}
