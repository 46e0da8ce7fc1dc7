namespace RaftStream.Client.Tests.Fakes;

/// <summary>Remembers the fate of every record; checks that each has one, and in order.</summary>
internal sealed class Deliveries : IDeliveryHandler
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Partition, long Sequence), (long Offset, RaftStreamException? Error)> _fates = [];
    private readonly Dictionary<int, long> _nextSequence = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _fates.Count;
            }
        }
    }

    public (long Offset, RaftStreamException? Error) this[ProduceTicket ticket]
    {
        get
        {
            lock (_gate)
            {
                return _fates[(ticket.Partition, ticket.Sequence)];
            }
        }
    }

    /// <summary>Offsets of delivered records of one partition, in the order of their sequences.</summary>
    public IReadOnlyList<long> Offsets(int partition)
    {
        lock (_gate)
        {
            return [.. _fates.Where(fate => fate.Key.Partition == partition && fate.Value.Error is null)
                .OrderBy(fate => fate.Key.Sequence).Select(fate => fate.Value.Offset)];
        }
    }

    public void OnDelivered(in DeliveryRange range)
    {
        lock (_gate)
        {
            int partition = range.Partition.Partition;
            Assert.Equal(_nextSequence.GetValueOrDefault(partition), range.FirstSequence);
            _nextSequence[partition] = range.FirstSequence + range.Count;
            for (int i = 0; i < range.Count; i++)
            {
                long offset = range.BaseOffset < 0 ? -1 : range.BaseOffset + i;
                _fates.Add((partition, range.FirstSequence + i), (offset, range.Error));
            }
        }
    }
}
