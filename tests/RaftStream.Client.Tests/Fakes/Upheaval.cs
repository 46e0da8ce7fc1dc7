using RaftStream.Model;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>
/// Makes a cluster live through failovers, from a seed: leaders move and lose what they had not acknowledged, answers come late or
/// never, connections break, brokers hang and recover, lag behind with metadata. What was acknowledged stays.
/// </summary>
internal sealed class Upheaval : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly FakeCluster _cluster;
    private readonly FakeLog[] _logs;
    private readonly int _brokers;
    private readonly Prng _random;
    private readonly List<(FakeProduce Request, int Epoch, long BaseOffset)> _late = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;
    private bool _isOver;

    public Upheaval(FakeCluster cluster, FakeLog[] logs, int brokers, ulong seed)
    {
        (_cluster, _logs, _brokers, _random) = (cluster, logs, brokers, new Prng(seed));
        foreach (FakeLog log in logs)
        {
            log.Commit(0);
        }

        cluster.OnProduce = OnProduce;
        cluster.OnFetch = OnFetch;
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Failovers so far.</summary>
    public int Elections { get; private set; }

    /// <summary>Ends the faults: everything heals.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            _cluster.OnMetadata = null;
            for (int node = 1; node <= _brokers; node++)
            {
                _cluster[node].IsHanging = false;
                _cluster[node].BreakStreams();
            }
        }

        foreach (FakeLog log in _logs)
        {
            log.Ring();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
    }

    private FakeProduceAnswer OnProduce(FakeProduce request)
    {
        lock (_gate)
        {
            AnswerLate();
            switch (_isOver ? 99 : _random.Next(20))
            {
                case 0: return FakeProduceAnswer.Break;
                case 1:
                    // Stored, perhaps to be committed later, perhaps to be cut.
                    request.Log.TryAppend(request.Batch.ToArray(), out _);
                    return FakeProduceAnswer.Break;
                case 2: return FakeProduceAnswer.AppendAndTimeOut;
                case 3: return FakeProduceAnswer.NotLeader;
                case 4:
                    Elect(request.Log);
                    return FakeProduceAnswer.NotLeader;
                case 5:
                    Hang(request.Node);
                    return FakeProduceAnswer.Hold;
                case 6:
                case 7:
                case 8:
                    // Appended in its turn; replicated, and so acknowledged, later.
                    if (TryAppend(request, out long appended))
                    {
                        _late.Add((request, request.Log.LeaderEpoch, appended));
                    }

                    return FakeProduceAnswer.Hold;
                case 9:
                    Lag();
                    return Acknowledge(request);
                default: return Acknowledge(request);
            }
        }
    }

    private ErrorCode OnFetch(NamedPartition partition, long offset)
    {
        lock (_gate)
        {
            AnswerLate();
            switch (_isOver ? 99 : _random.Next(100))
            {
                case 0: return ErrorCode.NotLeaderOrFollower;
                case 1: return ErrorCode.FencedLeaderEpoch;
                case 2: return ErrorCode.UnknownLeaderEpoch;
                case 3: return ErrorCode.OffsetNotAvailable;
                case 4: return ErrorCode.LeaderNotAvailable;
                case 5:
                    Elect(_logs[partition.Partition]);
                    return ErrorCode.None;
                case 6:
                    _cluster[1 + _random.Next(_brokers)].BreakStreams();
                    return ErrorCode.None;
                default: return ErrorCode.None;
            }
        }
    }

    /// <summary>Replicated, acknowledged, shown to consumers.</summary>
    private static FakeProduceAnswer Acknowledge(FakeProduce request)
    {
        if (TryAppend(request, out long appended))
        {
            Commit(request, appended);
        }

        return FakeProduceAnswer.Hold;
    }

    /// <summary>Stored, or known again; else it is answered.</summary>
    private static bool TryAppend(FakeProduce request, out long baseOffset)
    {
        baseOffset = request.Log.TryAppend(request.Batch.ToArray(), out ErrorCode error);
        if (error != ErrorCode.None)
        {
            request.Reply(-1, error);
        }

        return error == ErrorCode.None;
    }

    // A batch is committed with everything before it.
    private static void Commit(FakeProduce request, long baseOffset)
    {
        request.Log.Commit(baseOffset + request.Values.Count);
        request.Reply(baseOffset, ErrorCode.None);
    }

    /// <summary>Another leader, with all that is committed and some of the rest.</summary>
    private void Elect(FakeLog log, int not = -1)
    {
        do
        {
            log.Leader = 1 + _random.Next(_brokers);
        }
        while (log.Leader == not);

        log.LeaderEpoch++;
        Elections++;
        IReadOnlyList<long> cuts = log.CutsFrom(log.HighWatermark);
        log.Truncate(cuts[_random.Next(cuts.Count)]);
        _cluster[log.Leader].IsHanging = false;
    }

    /// <summary>A broker answers nothing any more; others lead what it led.</summary>
    private void Hang(int node)
    {
        _cluster[node].IsHanging = true;
        foreach (FakeLog log in _logs.Where(log => log.Leader == node))
        {
            Elect(log, not: node);
        }
    }

    /// <summary>What happens by itself: followers catch up, brokers go on.</summary>
    private async Task PumpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            lock (_gate)
            {
                AnswerLate();
                if (_random.Next(10) == 0)
                {
                    _cluster[1 + _random.Next(_brokers)].IsHanging = false;
                }
            }

            await Task.Delay(1, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void AnswerLate()
    {
        while (_late.Count > 0 && (_isOver || _random.Next(3) == 0))
        {
            int which = _random.Next(_late.Count);
            (FakeProduce request, int epoch, long baseOffset) = _late[which];
            _late.RemoveAt(which);
            if (request.Log.LeaderEpoch == epoch)
            {
                Commit(request, baseOffset);
            }
            else
            {
                request.Answer(FakeProduceAnswer.NotLeader);
            }
        }
    }

    private void Lag()
    {
        int node = 1 + _random.Next(_brokers);
        V1.GetMetadataResponse old = _cluster.Metadata(0, new V1.GetMetadataRequest());
        _cluster.OnMetadata = (asked, truth) => asked == node ? old : truth;
    }
}
