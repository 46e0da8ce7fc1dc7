using Google.Protobuf;
using Grpc.Core;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Network;

/// <summary>Takes the calls of peers and tools: decode, ask the node, encode.</summary>
/// <param name="ask">Asks the node; fails when it stops.</param>
/// <param name="clusterId">The node's cluster: what a stranger is told.</param>
internal sealed class QuorumService(Func<RaftRequest, CancellationToken, Task<QuorumReply>> ask, Guid clusterId) : Internal.V1.Quorum.QuorumBase
{
    public override Task<VoteResponse> Vote(VoteRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, reply => ResponseWire.ToVote(reply.Response), context);

    public override Task<QuorumResponse> BeginQuorumEpoch(BeginQuorumEpochRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    public override Task<QuorumResponse> EndQuorumEpoch(EndQuorumEpochRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    public override Task<QuorumFetchResponse> Fetch(QuorumFetchRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Fetched, context);

    public override Task<FetchSnapshotResponse> FetchSnapshot(FetchSnapshotRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, reply => ResponseWire.ToChunk(reply.Response), context);

    public override Task<QuorumResponse> AddVoter(AddVoterRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    public override Task<QuorumResponse> RemoveVoter(RemoveVoterRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    public override Task<QuorumResponse> UpdateVoter(UpdateVoterRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    public override Task<DescribeQuorumResponse> DescribeQuorum(DescribeQuorumRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, reply => ResponseWire.ToDescription(reply.Response), context);

    public override Task<QuorumResponse> TransferLeadership(TransferLeadershipRequest request, ServerCallContext context) =>
        AskAsync(request, RequestWire.FromWire, Plain, context);

    private QuorumFetchResponse Fetched(QuorumReply reply)
    {
        QuorumFetchResponse wire = ResponseWire.ToFetch(reply.Response, reply.Bytes);
        if (reply.Response.Error == ErrorCode.InconsistentClusterId)
        {
            wire.Header.ClusterId = WireParts.ToWire(clusterId);
        }

        return wire;
    }

    private static QuorumResponse Plain(QuorumReply reply) => ResponseWire.ToWire(reply.Response);

    private async Task<TAnswer> AskAsync<TWire, TAnswer>(
        TWire wire, Func<TWire, RaftRequest> decode, Func<QuorumReply, TAnswer> encode, ServerCallContext context)
        where TWire : IMessage
    {
        RaftRequest request;
        try
        {
            request = decode(wire);
        }
        catch (WireException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{wire.Descriptor.Name}: {exception.Message}"));
        }

        try
        {
            return encode(await ask(request, context.CancellationToken).ConfigureAwait(false));
        }
        catch (QuorumStoppedException exception)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, exception.Message));
        }
    }
}

/// <summary>The node stops, or has stopped: what was asked may or may not have happened.</summary>
public sealed class QuorumStoppedException(string message) : Exception(message)
{
    /// <summary>What clients are told.</summary>
    public ErrorCode Code { get; } = ErrorCode.NotController;
}
