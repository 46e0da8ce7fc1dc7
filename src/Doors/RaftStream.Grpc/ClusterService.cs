using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Grpc;

/// <summary>The service <c>raftstream.client.v1.Cluster</c>: the quorum and its brokers.</summary>
internal sealed class ClusterService(ClusterAccess cluster) : Cluster.ClusterBase
{
    private const int LongestTimeoutMs = 60_000;

    /// <inheritdoc/>
    public override Task<DescribeClusterResponse> DescribeCluster(DescribeClusterRequest request, ServerCallContext context)
    {
        MetadataImage image = cluster.Image();
        (NodeId leader, LeaderEpoch epoch, VoterSet voters) = cluster.Quorum();
        return Task.FromResult(new DescribeClusterResponse
        {
            ClusterId = cluster.ClusterId().ToString("D"),
            NodeId = cluster.NodeId.Value,
            LeaderId = leader.Value,
            LeaderEpoch = epoch.Value,
            MetadataOffset = image.EndOffset,
            Voters = { voters.Voters.Select(Write) },
            Brokers = image.Brokers.ById.Count,
            ActiveBrokers = image.Brokers.ById.Values.Count(broker => broker.IsActive),
            Topics = image.Topics.ById.Count,
            Partitions = image.Topics.PartitionCount,
        });
    }

    /// <inheritdoc/>
    public override async Task<DescribeQuorumResponse> DescribeQuorum(DescribeQuorumRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        RaftResponse response = await AskAsync(
            new RaftRequest.DescribeQuorum { ClusterId = cluster.ClusterId() }, "the quorum", context).ConfigureAwait(false);
        var described = (RaftResponse.DescribeQuorum)response;
        var answer = new DescribeQuorumResponse
        {
            LeaderId = described.LeaderId.Value,
            LeaderEpoch = described.LeaderEpoch.Value,
            Replicas = { described.Replicas.Select(replica => Write(replica, described.Voters)) },
        };
        if (described.HighWatermark is { } highWatermark)
        {
            answer.HighWatermark = highWatermark.Value;
        }

        return answer;
    }

    /// <inheritdoc/>
    public override async Task<AddVoterResponse> AddVoter(AddVoterRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        ReplicaKey key = ReadKey(request.Voter?.NodeId ?? -1, request.Voter?.DirectoryId);
        var voter = new Voter(key, ReadEndpoint(request.Voter?.Endpoint));
        await AskAsync(
            new RaftRequest.AddVoter { ClusterId = cluster.ClusterId(), Voter = voter, TimeoutMs = ReadTimeout(request.TimeoutMs) },
            $"node {key.Id}",
            context).ConfigureAwait(false);
        return new AddVoterResponse();
    }

    /// <inheritdoc/>
    public override async Task<RemoveVoterResponse> RemoveVoter(RemoveVoterRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        ReplicaKey key = ReadKey(request.NodeId, request.DirectoryId);
        await AskAsync(
            new RaftRequest.RemoveVoter { ClusterId = cluster.ClusterId(), Key = key, TimeoutMs = ReadTimeout(request.TimeoutMs) },
            $"node {key.Id}",
            context).ConfigureAwait(false);
        return new RemoveVoterResponse();
    }

    /// <inheritdoc/>
    public override async Task<TransferLeadershipResponse> TransferLeadership(TransferLeadershipRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        NodeId preferred = request.PreferredNodeId < 0 ? NodeId.None : new NodeId(request.PreferredNodeId);
        await AskAsync(
            new RaftRequest.TransferLeadership { ClusterId = cluster.ClusterId(), Preferred = preferred },
            preferred == NodeId.None ? "another voter" : $"node {preferred}",
            context).ConfigureAwait(false);
        return new TransferLeadershipResponse();
    }

    /// <inheritdoc/>
    public override Task<ListBrokersResponse> ListBrokers(ListBrokersRequest request, ServerCallContext context)
    {
        MetadataImage image = cluster.Image();
        return Task.FromResult(new ListBrokersResponse
        {
            Brokers = { image.Brokers.ById.Values.Select(broker => Write(image, broker)) },
        });
    }

    /// <inheritdoc/>
    public override async Task<UnregisterBrokerResponse> UnregisterBroker(UnregisterBrokerRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.NodeId < 0)
        {
            throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "A node id is 0 or more.");
        }

        OperationError? error = await cluster.UnregisterAsync(new NodeId(request.NodeId), request.Force, context.CancellationToken).ConfigureAwait(false);
        return error is null ? new UnregisterBrokerResponse() : throw GrpcErrors.ToException(error.Code, error.Message);
    }

    private async Task<RaftResponse> AskAsync(RaftRequest request, string whom, ServerCallContext context)
    {
        RaftResponse response = await cluster.AskLeaderAsync(request, context.CancellationToken).ConfigureAwait(false);
        return response.Error == ErrorCode.None
            ? response
            : throw GrpcErrors.ToException(response.Error, ClusterErrors.Explain(request, response.Error, whom));
    }

    private static ReplicaKey ReadKey(int nodeId, string? directoryId) =>
        nodeId >= 0 && Guid.TryParse(directoryId, out Guid directory) && directory != Guid.Empty
            ? new ReplicaKey(new NodeId(nodeId), directory)
            : throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "A voter is named by a node id, 0 or more, and its directory id, a UUID.");

    private static RaftEndpoint ReadEndpoint(string? text)
    {
        int colon = text?.LastIndexOf(':') ?? -1;
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), out int port) && port is > 0 and <= 65535
            ? new RaftEndpoint(text![..colon].Trim('[', ']'), port)
            : throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "A voter's endpoint is host:port of its quorum listener.");
    }

    private static int ReadTimeout(int timeoutMs) => Math.Clamp(timeoutMs, 1, LongestTimeoutMs);

    private static QuorumVoter Write(Voter voter) => new()
    {
        NodeId = voter.Key.Id.Value,
        DirectoryId = voter.Key.DirectoryId.ToString("D"),
        Endpoint = voter.Endpoint.ToString(),
    };

    private static QuorumReplica Write(ReplicaProgress replica, VoterSet voters)
    {
        var written = new QuorumReplica
        {
            NodeId = replica.Key.Id.Value,
            DirectoryId = replica.Key.DirectoryId.ToString("D"),
            Voter = replica.IsVoter,
            Endpoint = voters.Contains(replica.Key) ? voters.Find(replica.Key.Id)!.Endpoint.ToString() : "",
        };
        if (replica.LogEnd is { } logEnd)
        {
            written.LogEndOffset = logEnd.Value;
        }

        if (replica.DurableEnd is { } durableEnd)
        {
            written.DurableEnd = durableEnd.Value;
        }

        if (replica.LastFetchAgeMs is { } age)
        {
            written.LastFetchAgeMs = age;
        }

        return written;
    }

    private static ListedBroker Write(MetadataImage image, BrokerRegistration broker)
    {
        int replicas = 0;
        int leaders = 0;
        foreach ((_, PartitionState partition) in image.Topics.OfBroker(broker.Id))
        {
            replicas++;
            leaders += partition.Leader == broker.Id ? 1 : 0;
        }

        return new ListedBroker
        {
            NodeId = broker.Id.Value,
            Endpoint = GrpcErrors.EndpointOf(broker),
            Rack = broker.Rack,
            State = broker.Fenced ? BrokerState.BrokerFenced : broker.ShuttingDown ? BrokerState.BrokerShuttingDown : BrokerState.BrokerActive,
            BrokerEpoch = broker.Epoch.Value,
            Replicas = replicas,
            Leaders = leaders,
        };
    }
}
