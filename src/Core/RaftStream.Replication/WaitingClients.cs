using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>
/// The clients that wait for a leader: producers for an end of the log, those who moved its start, consumers for bytes
/// below the high watermark. Values with deadlines, bound to the reign.
/// </summary>
internal sealed class WaitingClients<TProduce, TFetch>(ReplicationTimes times)
{
    private readonly ProduceWaiters<TProduce, TFetch> _forSelf = new();
    private readonly ProduceWaiters<TProduce, TFetch> _forIsr = new();
    private readonly ProduceWaiters<TProduce, TFetch> _forStart = new();
    private readonly ParkedFetches<TProduce, TFetch> _fetches = new();
    private readonly CommittedBytes _committed = new();

    /// <summary>Produce requests that wait.</summary>
    public int Produces => _forSelf.Count + _forIsr.Count;

    /// <summary>Fetches that wait.</summary>
    public int Fetches => _fetches.Count;

    /// <summary>True while somebody waits for the replicas' log starts.</summary>
    public bool AwaitStart => _forStart.Count > 0;

    /// <summary>Bytes committed since the reign began.</summary>
    public long CommittedBytes => _committed.Total;

    /// <summary>Not above the earliest deadline; <see cref="long.MaxValue"/> when nobody waits.</summary>
    public long NextDeadlineMs => Math.Min(
        Math.Min(_forSelf.NextDeadlineMs, _forIsr.NextDeadlineMs), Math.Min(_forStart.NextDeadlineMs, _fetches.NextDeadlineMs));

    /// <summary>A batch was appended, and its producer waits as its acks say.</summary>
    /// <param name="end">The log end, behind the batch.</param>
    public void Appended(TProduce request, RequiredAcks acks, Offset baseOffset, Offset end, int bytes, long deadlineMs)
    {
        _committed.Appended(end, bytes);
        if (acks != RequiredAcks.None)
        {
            For(acks).Add(request, baseOffset, end, deadlineMs);
        }
    }

    /// <summary>A batch came again that is in the log: its producer waits beside who sent the original .</summary>
    /// <param name="end">The end of the original.</param>
    public void SentAgain(TProduce request, RequiredAcks acks, Offset baseOffset, Offset end, long deadlineMs) =>
        For(acks).Insert(request, baseOffset, times.Broke(ReplicationSabotage.AckDuplicateAtOnce) ? Offset.Zero : end, deadlineMs);

    /// <summary>Somebody waits until all replicas that are up begin at <paramref name="start"/> or later .</summary>
    public void AddForStart(TProduce request, Offset start, long deadlineMs) => _forStart.Add(request, start, start, deadlineMs);

    /// <summary>Parks a fetch until <paramref name="missingBytes"/> more are committed, or its deadline.</summary>
    public void Park(TFetch fetch, Offset offset, long missingBytes, long deadlineMs) =>
        _fetches.Add(fetch, offset, _committed.Total + missingBytes, deadlineMs);

    /// <summary>Takes a fetch out without waking it; false when it is not parked (any more).</summary>
    public bool Remove(TFetch fetch) => _fetches.Remove(fetch);

    /// <summary>Answers producers.</summary>
    /// <param name="own">The leader has what is below.</param>
    /// <param name="highWatermark">The whole ISR has what is below.</param>
    public void Complete(Offset own, Offset highWatermark, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _forSelf.Complete(own, effects);
        _forIsr.Complete(highWatermark, effects);
    }

    /// <summary>Answers those who moved the log start.</summary>
    /// <param name="held">All replicas that are up begin here or later.</param>
    public void CompleteStart(Offset held, List<PartitionEffect<TProduce, TFetch>> effects) => _forStart.Complete(held, effects);

    /// <summary>The high watermark has moved: wakes the fetches whose bytes are there now.</summary>
    /// <param name="knowsSizes">False when batches from before the reign, whose sizes are not known here, are among what was committed: let each fetch look for itself.</param>
    public void WakeFetches(Offset highWatermark, bool knowsSizes, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _committed.Committed(highWatermark);
        if (knowsSizes)
        {
            _fetches.WakeByBytes(_committed.Total, effects);
        }
        else
        {
            _fetches.WakeAll(ErrorCode.None, effects);
        }
    }

    /// <summary>The log start has moved: wakes the fetches whose offset is gone.</summary>
    public void WakeFetchesBelow(Offset logStart, List<PartitionEffect<TProduce, TFetch>> effects) => _fetches.WakeBelow(logStart, effects);

    /// <summary>Ends waits whose deadline has passed.</summary>
    public void Expire(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _forSelf.Expire(nowMs, effects);
        _forIsr.Expire(nowMs, effects);
        _forStart.Expire(nowMs, effects);
        _fetches.WakeByTime(nowMs, effects);
    }

    /// <summary>The reign ends: all are answered with <paramref name="error"/>, and the count of bytes begins anew.</summary>
    public void FailAll(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _forSelf.FailAll(error, effects);
        if (!times.Broke(ReplicationSabotage.AckByOffsetOnly))
        {
            _forIsr.FailAll(error, effects);
        }

        _forStart.FailAll(error, effects);
        _fetches.WakeAll(error, effects);
        _committed.Clear();
    }

    private ProduceWaiters<TProduce, TFetch> For(RequiredAcks acks) => acks == RequiredAcks.All ? _forIsr : _forSelf;
}
