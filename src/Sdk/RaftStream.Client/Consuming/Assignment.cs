namespace RaftStream.Client.Consuming;

/// <summary>Which partitions are read, from where, and which of them pause.</summary>
/// <remarks>Thread-safe. Every change makes a new cursor and rings the fetcher.</remarks>
internal sealed class Assignment(Action onChange)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<NamedPartition, ConsumerPartition> _partitions = [];

    /// <summary>The assigned partitions, by name.</summary>
    public IReadOnlyList<NamedPartition> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _partitions.Keys];
            }
        }
    }

    /// <summary>The cursors of the partitions that are to be fetched now, by name.</summary>
    public List<FetchCursor> ActiveCursors()
    {
        lock (_gate)
        {
            return [.. _partitions.Values.Where(partition => !partition.IsPaused).Select(partition => partition.Cursor!)];
        }
    }

    /// <summary>Puts these in place of all partitions assigned so far.</summary>
    public void Replace(IEnumerable<KeyValuePair<NamedPartition, StartPosition>> starts)
    {
        lock (_gate)
        {
            foreach (ConsumerPartition partition in _partitions.Values)
            {
                partition.Cursor = null;
            }

            _partitions.Clear();
            foreach ((NamedPartition name, StartPosition start) in starts)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(name.Partition);
                var partition = new ConsumerPartition(name);
                partition.Cursor = NewCursor(partition, start);
                _partitions[name] = partition;
            }
        }

        onChange();
    }

    /// <summary>Goes on reading a partition somewhere else.</summary>
    public void Seek(NamedPartition name, StartPosition position)
    {
        lock (_gate)
        {
            ConsumerPartition partition = Get(name);
            partition.Cursor = NewCursor(partition, position);
        }

        onChange();
    }

    /// <summary>Stops or goes on fetching partitions; records that were read ahead are asked for again.</summary>
    public void SetPaused(IEnumerable<NamedPartition> names, bool isPaused)
    {
        lock (_gate)
        {
            foreach (NamedPartition name in names)
            {
                ConsumerPartition partition = Get(name);
                if (partition.IsPaused != isPaused)
                {
                    partition.IsPaused = isPaused;
                    partition.Cursor = Continue(partition.Cursor!);
                }
            }
        }

        onChange();
    }

    /// <summary>The current stretch of a partition.</summary>
    /// <exception cref="ArgumentException">It is not assigned.</exception>
    public FetchCursor CursorOf(NamedPartition name)
    {
        lock (_gate)
        {
            return Get(name).Cursor!;
        }
    }

    private ConsumerPartition Get(NamedPartition name) =>
        _partitions.TryGetValue(name, out ConsumerPartition? partition)
            ? partition
            : throw new ArgumentException($"Partition {name} is not assigned to this consumer.", nameof(name));

    private static FetchCursor NewCursor(ConsumerPartition partition, StartPosition start)
    {
        var cursor = new FetchCursor(partition);
        if (start.Offset is { } offset)
        {
            cursor.BeginAt(offset);
        }
        else
        {
            cursor.Start = start;
        }

        return cursor;
    }

    private static FetchCursor Continue(FetchCursor old)
    {
        var cursor = new FetchCursor(old.Partition) { Start = old.Start, HighWatermark = old.HighWatermark, ReportedEnd = old.ReportedEnd };
        long position = old.Position;
        if (position >= 0)
        {
            cursor.BeginAt(position);
        }

        return cursor;
    }
}
