using RaftStream.Client;

namespace RaftStream.Cli.Consuming;

/// <summary>What is to be read of each partition: from an offset, up to the end that was seen at the start.</summary>
/// <param name="Partitions">By number.</param>
internal sealed record ReadingPlan(IReadOnlyList<PlannedPartition> Partitions)
{
    /// <summary>Asks the broker for the ends of the log, and for the start where that is no offset.</summary>
    /// <param name="only">Partition numbers; empty is all.</param>
    /// <exception cref="CliException">A partition does not exist, or an offset is not in its log.</exception>
    public static async Task<ReadingPlan> MakeAsync(
        Admin admin, string topic, IReadOnlyCollection<int> only, FromPosition from, CancellationToken cancellationToken)
    {
        TopicDescription description = await admin.DescribeTopicAsync(topic, cancellationToken).ConfigureAwait(false);
        int count = description.Partitions.Count;
        if (only.FirstOrDefault(number => number < 0 || number >= count, -1) is var missing and not -1)
        {
            throw new CliException(
                $"Topic \"{topic}\" has no partition {missing}: it has {count}, from 0 to {count - 1}.");
        }

        List<NamedPartition> partitions = [.. (only.Count > 0 ? only.Distinct().Order() : Enumerable.Range(0, count))
            .Select(number => new NamedPartition(topic, number))];
        IReadOnlyList<OffsetAnswer> ends = await admin.ListOffsetsAsync(
            partitions, StartPosition.End, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<OffsetAnswer> starts = await admin.ListOffsetsAsync(
            partitions, from.Position ?? StartPosition.Beginning, cancellationToken).ConfigureAwait(false);
        return new ReadingPlan([.. partitions.Select((partition, i) =>
            new PlannedPartition(partition, Start(partition, from.Offset, starts[i].Offset, ends[i].Offset), ends[i].Offset))]);
    }

    // Without an offset in --from, `first` is the answer itself, or -1 when no record is as young as the time asked for.
    private static long Start(NamedPartition partition, long? offset, long first, long end) => offset switch
    {
        null => first < 0 ? end : first,
        < 0 => Math.Max(first, end + offset.Value),
        _ when offset < first || offset > end => throw new CliException(
            $"Offset {offset} is not in {partition}: it holds {first} to {end} (exclusive). Use --from beginning, or another offset."),
        _ => offset.Value,
    };
}

/// <summary>What is to be read of one partition.</summary>
/// <param name="Start">First offset.</param>
/// <param name="End">Exclusive; the high watermark at the start.</param>
internal sealed record PlannedPartition(NamedPartition Partition, long Start, long End);
