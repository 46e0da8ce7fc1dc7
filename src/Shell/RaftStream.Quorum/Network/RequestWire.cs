using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft.Messages;
using static RaftStream.Quorum.Network.WireParts;

namespace RaftStream.Quorum.Network;

/// <summary>Requests to the wire and back.</summary>
internal static class RequestWire
{
    private const int MaxEpoch = int.MaxValue - (1 << 20);

    public static VoteRequest ToWire(RaftRequest.Vote request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Epoch = request.Epoch.Value,
        Candidate = WireParts.ToWire(request.Candidate),
        Target = WireParts.ToWire(request.Target),
        LastEpoch = request.LastEpoch.Value,
        LastOffset = request.LastOffset.Value,
        PreVote = request.PreVote,
    };

    public static RaftRequest.Vote FromWire(VoteRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Epoch = Epoch(request.Epoch),
        Candidate = ToKey(request.Candidate),
        Target = ToKey(request.Target),
        LastEpoch = new LeaderEpoch(request.LastEpoch),
        LastOffset = new Offset(request.LastOffset),
        PreVote = request.PreVote,
    };

    public static BeginQuorumEpochRequest ToWire(RaftRequest.BeginQuorumEpoch request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Epoch = request.Epoch.Value,
        LeaderId = request.LeaderId.Value,
        Leader = WireParts.ToWire(request.LeaderEndpoint),
        Target = WireParts.ToWire(request.Target),
    };

    public static RaftRequest.BeginQuorumEpoch FromWire(BeginQuorumEpochRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Epoch = Epoch(request.Epoch),
        LeaderId = new NodeId(request.LeaderId),
        LeaderEndpoint = ToPlace(request.Leader),
        Target = ToKey(request.Target),
    };

    public static EndQuorumEpochRequest ToWire(RaftRequest.EndQuorumEpoch request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Epoch = request.Epoch.Value,
        LeaderId = request.LeaderId.Value,
        Leader = WireParts.ToWire(request.LeaderEndpoint),
        PreferredSuccessors = { request.PreferredSuccessors.Select(WireParts.ToWire) },
    };

    public static RaftRequest.EndQuorumEpoch FromWire(EndQuorumEpochRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Epoch = Epoch(request.Epoch),
        LeaderId = new NodeId(request.LeaderId),
        LeaderEndpoint = ToPlace(request.Leader),
        PreferredSuccessors = [.. request.PreferredSuccessors.Select(ToKey)],
    };

    public static QuorumFetchRequest ToWire(RaftRequest.Fetch request)
    {
        var wire = new QuorumFetchRequest
        {
            ClusterId = WireParts.ToWire(request.ClusterId),
            Epoch = request.Epoch.Value,
            Replica = WireParts.ToWire(request.Replica),
            FetchOffset = request.FetchOffset.Value,
            LastFetchedEpoch = request.LastFetchedEpoch.Value,
            DurableEnd = request.DurableEnd.Value,
            MaxBytes = request.MaxBytes,
            MaxWaitMs = request.MaxWaitMs,
            BarrierEcho = request.BarrierEcho,
        };
        if (request.KnownHighWatermark is { } highWatermark)
        {
            wire.KnownHighWatermark = highWatermark.Value;
        }

        return wire;
    }

    /// <summary>Positions that cannot be are left to the node, which answers them (7.4).</summary>
    public static RaftRequest.Fetch FromWire(QuorumFetchRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Epoch = Epoch(request.Epoch),
        Replica = ToKey(request.Replica),
        FetchOffset = new Offset(request.FetchOffset),
        LastFetchedEpoch = new LeaderEpoch(request.LastFetchedEpoch),
        DurableEnd = new Offset(request.DurableEnd),
        KnownHighWatermark = request.HasKnownHighWatermark ? new Offset(request.KnownHighWatermark) : null,
        MaxBytes = request.MaxBytes,
        MaxWaitMs = request.MaxWaitMs,
        BarrierEcho = request.BarrierEcho,
    };

    public static FetchSnapshotRequest ToWire(RaftRequest.FetchSnapshot request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Epoch = request.Epoch.Value,
        Replica = WireParts.ToWire(request.Replica),
        Snapshot = WireParts.ToWire(request.Snapshot),
        Position = request.Position,
        MaxBytes = request.MaxBytes,
    };

    public static RaftRequest.FetchSnapshot FromWire(FetchSnapshotRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Epoch = Epoch(request.Epoch),
        Replica = ToKey(request.Replica),
        Snapshot = ToSnapshot(request.Snapshot),
        Position = request.Position,
        MaxBytes = request.MaxBytes,
    };

    public static AddVoterRequest ToWire(RaftRequest.AddVoter request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Voter = WireParts.ToWire(request.Voter),
        TimeoutMs = request.TimeoutMs,
        AckWhenCommitted = request.AckWhenCommitted,
    };

    public static RaftRequest.AddVoter FromWire(AddVoterRequest request) => new()
    {
        ClusterId = ToGuid(request.ClusterId),
        Voter = ToVoter(request.Voter),
        TimeoutMs = request.TimeoutMs,
        AckWhenCommitted = request.AckWhenCommitted,
    };

    public static RemoveVoterRequest ToWire(RaftRequest.RemoveVoter request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Key = WireParts.ToWire(request.Key),
        TimeoutMs = request.TimeoutMs,
    };

    public static RaftRequest.RemoveVoter FromWire(RemoveVoterRequest request) =>
        new() { ClusterId = ToGuid(request.ClusterId), Key = ToKey(request.Key), TimeoutMs = request.TimeoutMs };

    public static UpdateVoterRequest ToWire(RaftRequest.UpdateVoter request) => new()
    {
        ClusterId = WireParts.ToWire(request.ClusterId),
        Epoch = request.Epoch.Value,
        Voter = WireParts.ToWire(request.Voter),
    };

    public static RaftRequest.UpdateVoter FromWire(UpdateVoterRequest request) =>
        new() { ClusterId = ToGuid(request.ClusterId), Epoch = Epoch(request.Epoch), Voter = ToVoter(request.Voter) };

    public static DescribeQuorumRequest ToWire(RaftRequest.DescribeQuorum request) => new() { ClusterId = WireParts.ToWire(request.ClusterId) };

    public static RaftRequest.DescribeQuorum FromWire(DescribeQuorumRequest request) => new() { ClusterId = ToGuid(request.ClusterId) };

    public static TransferLeadershipRequest ToWire(RaftRequest.TransferLeadership request) =>
        new() { ClusterId = WireParts.ToWire(request.ClusterId), Preferred = request.Preferred.Value };

    public static RaftRequest.TransferLeadership FromWire(TransferLeadershipRequest request)
    {
        WireException.Require(request.Preferred >= -1, "there is no such node");
        return new RaftRequest.TransferLeadership { ClusterId = ToGuid(request.ClusterId), Preferred = new NodeId(request.Preferred) };
    }

    /// <summary>An epoch near the end of its range would leave no room for the next elections.</summary>
    private static LeaderEpoch Epoch(int epoch)
    {
        WireException.Require(epoch is >= 0 and < MaxEpoch, "an epoch is out of range");
        return new LeaderEpoch(epoch);
    }
}
