using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft.Following;

/// <summary>Brings the log on: one fetch in the air to the leader, and while none is known or it is silent one to somebody who may know it (7.4, C-12.2).</summary>
internal sealed class Fetcher(Replica node)
{
    private readonly SnapshotFetch _snapshot = new(node);

    /// <summary>Another leader, or none: what was half fetched is of no use.</summary>
    public void Reset() => _snapshot.Abandon();

    /// <summary>The next fetch from the leader, when none is in the air.</summary>
    public void Fetch(Follower follower)
    {
        bool waitsForDisk = node.Start.CanBecomeVoter && node.Flusher.IsBehind && !node.Broke(RaftSabotage.ReportUnflushed);
        if (!node.Outbox.IsFree(RequestKind.Fetch, follower.Leader) || _snapshot.IsFinishing || waitsForDisk)
        {
            return; // the durable end travels with the next fetch: it leaves when the flush is done
        }

        RaftRequest? chunk = _snapshot.NextRequest();
        node.Send(RequestKind.Fetch, follower.Leader, chunk ?? NextFetch(follower.PatienceMs, follower.BarrierSeq));
    }

    /// <summary>Asks a random voter or bootstrap server, whose answer names the leader (KAFKA-17030).</summary>
    /// <param name="except">The leader so far, which may have a fetch of its own in the air and not answer it.</param>
    public void Discover(NodeId except)
    {
        if (!node.Outbox.MayDiscover(except, node.NowMs))
        {
            return;
        }

        ImmutableArray<Peer> peers = [.. Known().Where(peer => (except == NodeId.None || peer.Node != except) && node.Outbox.CanSend(RequestKind.Fetch, peer, node.NowMs))];
        if (peers.Length > 0)
        {
            node.Send(RequestKind.Fetch, peers[node.Prng.Next(peers.Length)], NextFetch(maxWaitMs: 0, barrierSeq: 0));
        }
    }

    /// <summary>The answer of the leader of this epoch; it counts once (C-1.5).</summary>
    public void OnAnswer(Follower follower, Outstanding request, RaftResponse response)
    {
        switch (response)
        {
            case RaftResponse.Fetch fetched when request.Request is RaftRequest.Fetch asked:
                follower.BarrierSeq = Math.Max(follower.BarrierSeq, fetched.BarrierSeq);
                Take(asked, fetched);
                break;
            case RaftResponse.FetchSnapshot chunk when request.Request is RaftRequest.FetchSnapshot asked:
                _snapshot.Take(asked, chunk);
                break;
            default:
                node.Outbox.Failed(request.Peer, node.NowMs);
                break;
        }
    }

    /// <summary>No answer of use: pause, and leave a snapshot that is not there.</summary>
    public void OnError(Outstanding request, RaftResponse response)
    {
        if (request.Request is RaftRequest.FetchSnapshot && response.Error is ErrorCode.SnapshotNotFound or ErrorCode.PositionOutOfRange)
        {
            _snapshot.Abandon();
        }

        node.Outbox.Failed(request.Peer, node.NowMs);
    }

    /// <summary>A whole snapshot is on the disk; it is of committed records, whoever leads now (C-10.4).</summary>
    public void OnSnapshotFetched(SnapshotId id, VoterSet voters) => _snapshot.Finished(id, voters);

    /// <summary>The snapshot was damaged on its way: fetch again.</summary>
    public void OnSnapshotRejected(SnapshotId id) => _snapshot.Rejected(id);

    private void Take(RaftRequest.Fetch asked, RaftResponse.Fetch fetched)
    {
        if (fetched.Diverging is (LeaderEpoch epoch, Offset end))
        {
            // The high watermark of such an answer says nothing about what is here (KAFKA-14704, P46).
            if (!node.Broke(RaftSabotage.NoTruncation))
            {
                node.TruncateLog(node.Log.DivergenceTarget(epoch, end));
            }
        }
        else if (fetched.Snapshot is { } id)
        {
            _snapshot.Begin(id);
        }
        else
        {
            node.Append(Sound(asked, fetched.Batches));
            if (fetched.HighWatermark is { } highWatermark)
            {
                node.Advance(Offset.Min(highWatermark, node.Log.End));
            }
        }
    }

    /// <summary>The batches up to the first that does not belong here (C-4.8, P24).</summary>
    private ImmutableArray<LogBatch> Sound(RaftRequest.Fetch asked, ImmutableArray<LogBatch> batches)
    {
        Offset end = node.Log.End;
        LeaderEpoch last = node.Log.LastEpoch;
        int count = 0;
        foreach (LogBatch batch in batches)
        {
            bool isLater = batch.Epoch > asked.Epoch && !node.Broke(RaftSabotage.TakeLaterEpochs);
            if (batch.BaseOffset != end || batch.EndOffset <= end || batch.Epoch < last || isLater)
            {
                break;
            }

            end = batch.EndOffset;
            last = batch.Epoch;
            count++;
        }

        return batches[..count];
    }

    private RaftRequest.Fetch NextFetch(int maxWaitMs, long barrierSeq) => new()
    {
        ClusterId = node.Start.ClusterId,
        Epoch = node.State.Epoch,
        Replica = node.Local,
        FetchOffset = node.Log.End,
        LastFetchedEpoch = node.Log.LastEpoch,
        DurableEnd = node.Broke(RaftSabotage.ReportUnflushed) ? node.Log.End : node.Log.DurableEnd,
        KnownHighWatermark = node.HighWatermark,
        MaxBytes = node.Options.MaxFetchBytes,
        MaxWaitMs = maxWaitMs,
        BarrierEcho = barrierSeq,
    };

    /// <summary>Voters and bootstrap servers, each place once, without this node.</summary>
    private IEnumerable<Peer> Known()
    {
        var places = new HashSet<RaftEndpoint>();
        if (node.Start.Endpoint is { } own)
        {
            places.Add(own);
        }

        foreach (Voter voter in node.Voters.Voters)
        {
            if (voter.Key.Id != node.Local.Id && places.Add(voter.Endpoint))
            {
                yield return Replica.PeerOf(voter);
            }
        }

        foreach (RaftEndpoint endpoint in node.Start.BootstrapServers)
        {
            if (places.Add(endpoint))
            {
                yield return new Peer(NodeId.None, endpoint);
            }
        }
    }
}
