using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft.Following;

/// <summary>Keeps the own entry among the voters right, and joins them when that is asked for (C-11.5, C-11.6).</summary>
internal sealed class VoterUpdater(Replica node)
{
    private long _nextMs;

    /// <summary>When to try again; never while there is nothing to change.</summary>
    public long DeadlineMs => _nextMs > node.NowMs && Wanted() is not null ? _nextMs : long.MaxValue;

    /// <summary>Asks the leader, when something is to be changed and the last attempt is long enough ago.</summary>
    public void Poll(Follower follower)
    {
        bool mayAsk = node.NowMs >= _nextMs && node.HighWatermark is not null && !node.IsStopping
            && node.Outbox.CanSend(RequestKind.VoterChange, follower.Leader, node.NowMs);
        if (mayAsk && Wanted() is { } request)
        {
            _nextMs = node.NowMs + node.Options.UpdateVoterPeriodMs;
            node.Send(RequestKind.VoterChange, follower.Leader, request);
        }
    }

    /// <summary>Done, or refused: the log will show; another attempt comes after the period.</summary>
    public void OnResponse(Outstanding request, RaftResponse response)
    {
        if (response.Error == ErrorCode.None)
        {
            node.Outbox.Succeeded(request.Peer);
        }
    }

    private RaftRequest? Wanted()
    {
        if (node.Start.Endpoint is not { } endpoint)
        {
            return null;
        }

        var self = new Voter(node.Local, endpoint);
        Voter? entry = node.Voters.Find(node.Local.Id);
        if (entry?.Key == node.Local)
        {
            return entry.Endpoint == endpoint
                ? null
                : new RaftRequest.UpdateVoter { ClusterId = node.Start.ClusterId, Epoch = node.State.Epoch, Voter = self };
        }

        if (!node.Options.AutoJoin || node.Voters.Voters.IsEmpty)
        {
            return null;
        }

        int timeoutMs = node.Options.RequestTimeoutMs / 2;
        return entry is not null
            ? new RaftRequest.RemoveVoter { ClusterId = node.Start.ClusterId, Key = entry.Key, TimeoutMs = timeoutMs }
            : new RaftRequest.AddVoter { ClusterId = node.Start.ClusterId, Voter = self, TimeoutMs = timeoutMs, AckWhenCommitted = false };
    }
}
