using RaftStream.Records;
using RaftStream.Records.Producers;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>
/// The numbers that one producer gives to its batches of one partition (G-3.7). Its requests overtake each other, unlike those of a
/// stream: a batch may come before its predecessor, and again long after it was stored.
/// </summary>
internal sealed class ProducerChain(long producerId)
{
    private readonly List<int> _open = [];
    private int _last;
    private int _next;
    private short _epoch;
    private bool _isBroken;

    /// <summary>A batch was given up: so are those that are still open, and the next epoch begins after them.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>Another may be numbered: the oldest that is open must stay among the last five (G-3.6).</summary>
    public bool MayNumber => !_isBroken && (_open.Count == 0 || _last - _open[0] < ProducerEntry.MaxBatches - 1);

    /// <summary>Numbers a batch.</summary>
    /// <returns>What to call it here.</returns>
    public int Number(RecordBatchBuilder builder)
    {
        builder.SetProducer(producerId, _epoch, _next);
        _next = ProducerSequence.Plus(_next, builder.RecordCount);
        _open.Add(++_last);
        return _last;
    }

    public bool IsOldest(int batch) => _open[0] == batch;

    /// <summary>A batch was acknowledged, or given up.</summary>
    public void Close(int batch, bool isStored)
    {
        _open.Remove(batch);
        _isBroken |= !isStored;
        if (_isBroken && _open.Count == 0)
        {
            (_isBroken, _next) = (false, 0);
            _epoch++;
        }
    }
}
