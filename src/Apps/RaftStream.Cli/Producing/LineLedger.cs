using RaftStream.Client;

namespace RaftStream.Cli.Producing;

/// <summary>Lines that were not produced, and why.</summary>
/// <param name="FirstLine">From 1.</param>
internal sealed record FailedLines(long FirstLine, long Count, string Reason);

/// <summary>
/// Counts deliveries and knows which lines failed. Lines are remembered, as runs of neighbours in one partition, until they
/// are delivered; so its memory is bounded by the producer's.
/// </summary>
/// <remarks>Thread-safe: deliveries arrive on the SDK's threads, perhaps before the line was noted.</remarks>
internal sealed class LineLedger : IDeliveryHandler
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, PartitionLines> _partitions = [];
    private readonly List<FailedLines> _refused = [];
    private long _delivered;
    private long _failed;

    /// <summary>Records acknowledged so far (with acks none: handed to the connection).</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Records that failed so far.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Notes where a line went.</summary>
    public void Note(long line, ProduceTicket ticket)
    {
        lock (_gate)
        {
            Of(ticket.Partition).Note(line, ticket.Sequence);
        }
    }

    /// <summary>Notes a line that was not even taken.</summary>
    public void NoteRefused(long line, string reason)
    {
        lock (_gate)
        {
            _failed++;
            Join(_refused, new FailedLines(line, 1, reason));
        }
    }

    /// <inheritdoc/>
    public void OnDelivered(in DeliveryRange range)
    {
        lock (_gate)
        {
            PartitionLines partition = Of(range.Partition.Partition);
            if (range.Error is { } error)
            {
                _failed += range.Count;
                partition.Fail(range.FirstSequence, range.Count, error.Message);
            }
            else
            {
                _delivered += range.Count;
                partition.Deliver(range.FirstSequence + range.Count);
            }
        }
    }

    /// <summary>The lines that failed, neighbours with one reason joined, in their order. Call it when nothing is under way.</summary>
    public IReadOnlyList<FailedLines> Failures()
    {
        lock (_gate)
        {
            var joined = new List<FailedLines>();
            foreach (FailedLines lines in _partitions.Values.SelectMany(partition => partition.Failures()).Concat(_refused)
                .OrderBy(lines => lines.FirstLine))
            {
                Join(joined, lines);
            }

            return joined;
        }
    }

    private static void Join(List<FailedLines> list, FailedLines next)
    {
        if (list is [.., var last] && last.Reason == next.Reason && last.FirstLine + last.Count == next.FirstLine)
        {
            list[^1] = last with { Count = last.Count + next.Count };
        }
        else
        {
            list.Add(next);
        }
    }

    private PartitionLines Of(int partition)
    {
        if (!_partitions.TryGetValue(partition, out PartitionLines? lines))
        {
            lines = new PartitionLines();
            _partitions.Add(partition, lines);
        }

        return lines;
    }

    /// <summary>The lines of one partition that are under way or failed.</summary>
    private sealed class PartitionLines
    {
        private readonly Queue<Run> _runs = [];
        private readonly List<(long FirstSequence, long Count, string Reason)> _failed = [];
        private Run? _last;
        private long _deliveredEnd;

        public void Note(long line, long sequence)
        {
            if (_last is { } last && last.FirstLine + last.Count == line && last.FirstSequence + last.Count == sequence)
            {
                last.Count++;
            }
            else if (sequence >= _deliveredEnd || _failed.Count > 0)
            {
                _last = new Run { FirstSequence = sequence, FirstLine = line, Count = 1 };
                _runs.Enqueue(_last);
            }
        }

        public void Deliver(long endSequence)
        {
            _deliveredEnd = Math.Max(_deliveredEnd, endSequence);
            // Once something has failed, its lines are wanted at the end: then nothing is forgotten.
            while (_failed.Count == 0 && _runs.TryPeek(out Run? oldest) && oldest.FirstSequence + oldest.Count <= _deliveredEnd)
            {
                _runs.Dequeue();
                _last = ReferenceEquals(oldest, _last) ? null : _last;
            }
        }

        public void Fail(long firstSequence, long count, string reason) => _failed.Add((firstSequence, count, reason));

        public IEnumerable<FailedLines> Failures()
        {
            foreach ((long first, long count, string reason) in _failed)
            {
                foreach (Run run in _runs)
                {
                    long from = Math.Max(first, run.FirstSequence);
                    long to = Math.Min(first + count, run.FirstSequence + run.Count);
                    if (from < to)
                    {
                        yield return new FailedLines(run.FirstLine + (from - run.FirstSequence), to - from, reason);
                    }
                }
            }
        }

        private sealed class Run
        {
            public required long FirstSequence { get; init; }

            public required long FirstLine { get; init; }

            public required long Count { get; set; }
        }
    }
}
