using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft.Leading;

/// <summary>Answers fetches of replicas (7.4, 7.5): now, or when there is something new.</summary>
internal sealed class FetchServer(Leader leader, Replica node, ReplicaTable replicas, CheckQuorum checkQuorum, ReadBarriers barriers)
{
    private readonly ParkedFetches _parked = new();
    private Offset _seenEnd;
    private Offset? _seenHighWatermark;

    public long DeadlineMs => _parked.DeadlineMs;

    /// <summary>A position, and what the replica has flushed; checks that need no leader were made before.</summary>
    public void OnFetch(long token, RaftRequest.Fetch request)
    {
        PeerProgress peer = Heard(request.Replica);
        peer.BarrierEcho = Math.Max(peer.BarrierEcho, request.BarrierEcho);
        Log.FetchValidation validation = node.Log.Validate(request.FetchOffset, request.LastFetchedEpoch);
        if (!validation.IsValid)
        {
            // Not recorded: what is there is about to be cut (KAFKA-13141).
            Reply(token, request, readFrom: null, validation);
            return;
        }

        peer.LogEnd = request.FetchOffset;
        peer.DurableEnd = request.DurableEnd;
        leader.Advance();
        bool hasNews = request.FetchOffset < node.Log.End || leader.HighWatermark > (request.KnownHighWatermark ?? new Offset(-1));
        if (hasNews || request.MaxWaitMs <= 0 || barriers.WaitsFor(request.BarrierEcho))
        {
            Answer(token, request);
            return;
        }

        int waitMs = Math.Min(request.MaxWaitMs, node.Options.FetchMaxWaitMs);
        if (_parked.Add(token, request, node.NowMs + waitMs) is (long oldToken, RaftRequest.Fetch old))
        {
            Answer(oldToken, old);
        }
    }

    /// <summary>A chunk of a snapshot that is here.</summary>
    public void OnFetchSnapshot(long token, RaftRequest.FetchSnapshot request)
    {
        Heard(request.Replica);
        ErrorCode error = !node.Log.HasSnapshot(request.Snapshot)
            ? ErrorCode.SnapshotNotFound
            : request.Position < 0 ? ErrorCode.PositionOutOfRange : ErrorCode.None;
        node.Reply(token, node.Signed(new RaftResponse.FetchSnapshot
        {
            Error = error,
            LeaderEpoch = node.State.Epoch,
            LeaderId = node.Local.Id,
            Snapshot = request.Snapshot,
            Position = request.Position,
            ReadMaxBytes = Math.Clamp(request.MaxBytes, 1, node.Options.SnapshotChunkBytes),
        }));
    }

    /// <summary>Answers what has waited long enough, and all when there is more to fetch, more committed, or a read to prove (C-8.5).</summary>
    public void Poll()
    {
        bool isNew = node.Log.End != _seenEnd || leader.HighWatermark != _seenHighWatermark;
        _seenEnd = node.Log.End;
        _seenHighWatermark = leader.HighWatermark;
        foreach ((long token, RaftRequest.Fetch request) in isNew || barriers.WaitsFor(barriers.Seq - 1)
            ? _parked.TakeAll()
            : _parked.TakeDue(node.NowMs))
        {
            Answer(token, request);
        }

        replicas.ForgetSilent();
    }

    /// <summary>The reign is over.</summary>
    public void Fail()
    {
        foreach ((long token, RaftRequest.Fetch _) in _parked.TakeAll())
        {
            node.Reply(token, node.Plain(ErrorCode.NotLeaderOrFollower));
        }
    }

    public void Abandon(long token) => _parked.Abandon(token);

    /// <summary>Only the arrival of a fetch counts as a sign of life, not its answer.</summary>
    private PeerProgress Heard(ReplicaKey key)
    {
        PeerProgress peer = replicas.Of(key);
        peer.LastFetchMs = node.NowMs;
        checkQuorum.Heard(key);
        return peer;
    }

    private void Answer(long token, RaftRequest.Fetch request) =>
        Reply(token, request, request.FetchOffset < node.Log.End ? request.FetchOffset : null, Log.FetchValidation.Valid);

    private void Reply(long token, RaftRequest.Fetch request, Offset? readFrom, Log.FetchValidation validation) =>
        node.Reply(token, node.Signed(new RaftResponse.Fetch
        {
            LeaderEpoch = node.State.Epoch,
            LeaderId = node.Local.Id,
            HighWatermark = leader.HighWatermark,
            LogStart = node.Log.Start,
            ReadFrom = readFrom,
            ReadMaxBytes = Math.Clamp(request.MaxBytes, 1, node.Options.MaxFetchBytes),
            Diverging = validation.Diverging,
            Snapshot = validation.Snapshot,
            BarrierSeq = barriers.Seq,
        }));
}
