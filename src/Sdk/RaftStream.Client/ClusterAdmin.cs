using Grpc.Core;
using RaftStream.Client.Routing;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client;

/// <summary>The cluster itself: the quorum that agrees on the metadata, its voters, and the brokers.</summary>
/// <remarks>
/// Thread-safe. The endpoints may be brokers' gRPC ports or controllers' quorum ports: every node answers. What may succeed
/// later is tried again for <see cref="RaftStreamClientOptions.OperationTimeout"/>.
/// </remarks>
public sealed class ClusterAdmin
{
    private readonly RaftStreamClientOptions _options;
    private readonly BrokerCalls _calls;
    private readonly ClusterMetadata _metadata;

    internal ClusterAdmin(RaftStreamClientOptions options, BrokerCalls calls, ClusterMetadata metadata)
    {
        _options = options;
        _calls = calls;
        _metadata = metadata;
    }

    /// <summary>The cluster as the node that answers knows it; also while nobody leads.</summary>
    /// <exception cref="RaftStreamException">No node answered.</exception>
    public async Task<ClusterSummary> DescribeAsync(CancellationToken cancellationToken = default) =>
        ClusterMapping.ToSummary(await CallAsync(
            static (client, request, options) => client.DescribeClusterAsync(request, options),
            new DescribeClusterRequest(),
            cancellationToken).ConfigureAwait(false));

    /// <summary>Who votes, who follows, and how far everyone is, from the leader.</summary>
    /// <exception cref="RaftStreamException">E.g. nobody leads.</exception>
    public async Task<QuorumDescription> DescribeQuorumAsync(CancellationToken cancellationToken = default) =>
        ClusterMapping.ToQuorum(await CallAsync(
            static (client, request, options) => client.DescribeQuorumAsync(request, options),
            new DescribeQuorumRequest(),
            cancellationToken).ConfigureAwait(false));

    /// <summary>Makes a controller that follows and has caught up a voter.</summary>
    /// <exception cref="RaftStreamException">E.g. a voter of that id is there, or the node does not follow.</exception>
    public Task AddVoterAsync(VoterKey voter, string endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(voter);
        var request = new AddVoterRequest
        {
            Voter = new QuorumVoter { NodeId = voter.NodeId, DirectoryId = voter.DirectoryId.ToString("D"), Endpoint = endpoint },
            TimeoutMs = TimeoutMs,
        };
        return ChangeAsync(
            static (client, request, options) => client.AddVoterAsync(request, options), request, ErrorCode.DuplicateVoter, voter, isVoterAfter: true, cancellationToken);
    }

    /// <summary>Takes a controller's vote away.</summary>
    /// <exception cref="RaftStreamException">E.g. there is no such voter, or too few would be left that follow.</exception>
    public Task RemoveVoterAsync(VoterKey voter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(voter);
        var request = new RemoveVoterRequest { NodeId = voter.NodeId, DirectoryId = voter.DirectoryId.ToString("D"), TimeoutMs = TimeoutMs };
        return ChangeAsync(
            static (client, request, options) => client.RemoveVoterAsync(request, options), request, ErrorCode.VoterNotFound, voter, isVoterAfter: false, cancellationToken);
    }

    /// <summary>Asks the leader to hand over.</summary>
    /// <param name="preferredNodeId">A voter to be tried first; null leaves it to the quorum.</param>
    /// <exception cref="RaftStreamException">E.g. nobody could take over.</exception>
    public Task TransferLeadershipAsync(int? preferredNodeId = null, CancellationToken cancellationToken = default) => CallAsync(
        static (client, request, options) => client.TransferLeadershipAsync(request, options),
        new TransferLeadershipRequest { PreferredNodeId = preferredNodeId ?? -1 },
        cancellationToken);

    /// <summary>All brokers, by node id.</summary>
    /// <exception cref="RaftStreamException">No node answered.</exception>
    public async Task<IReadOnlyList<ListedBrokerDescription>> ListBrokersAsync(CancellationToken cancellationToken = default)
    {
        ListBrokersResponse response = await CallAsync(
            static (client, request, options) => client.ListBrokersAsync(request, options), new ListBrokersRequest(), cancellationToken).ConfigureAwait(false);
        return [.. response.Brokers.Select(ClusterMapping.ToBroker).OrderBy(broker => broker.NodeId)];
    }

    /// <summary>Forgets a broker that is gone for good.</summary>
    /// <param name="force">Also while it is a replica of partitions: its copies are given up for lost.</param>
    /// <exception cref="RaftStreamException">E.g. it is active, holds replicas, or is not known.</exception>
    public Task UnregisterBrokerAsync(int nodeId, bool force = false, CancellationToken cancellationToken = default) => CallAsync(
        static (client, request, options) => client.UnregisterBrokerAsync(request, options),
        new UnregisterBrokerRequest { NodeId = nodeId, Force = force },
        cancellationToken);

    private int TimeoutMs => (int)Math.Min(_options.RequestTimeout.TotalMilliseconds / 2, int.MaxValue);

    /// <summary>A change whose answer may have been lost: the refusal of its repetition then says that it happened (C-11.6).</summary>
    private Task<bool> ChangeAsync<TRequest, TResponse>(
        Func<Cluster.ClusterClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        ErrorCode refusalOfRepetition,
        VoterKey voter,
        bool isVoterAfter,
        CancellationToken cancellationToken) =>
        _calls.Retries.ExecuteWithinAsync(
            async (failures, token) =>
            {
                try
                {
                    await OnceAsync(start, request, token).ConfigureAwait(false);
                    return true;
                }
                catch (RaftStreamException exception) when (failures > 0 && exception.Code == refusalOfRepetition)
                {
                    DescribeQuorumResponse quorum = await OnceAsync(
                        static (client, request, options) => client.DescribeQuorumAsync(request, options), new DescribeQuorumRequest(), token).ConfigureAwait(false);
                    bool isVoter = ClusterMapping.ToQuorum(quorum).Replicas.Any(replica => replica.IsVoter && replica.Key == voter);
                    if (isVoter != isVoterAfter)
                    {
                        throw;
                    }

                    return true;
                }
            },
            _options.OperationTimeout,
            cancellationToken);

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        Func<Cluster.ClusterClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start, TRequest request, CancellationToken cancellationToken) =>
        _calls.Retries.ExecuteWithinAsync(token => OnceAsync(start, request, token), _options.OperationTimeout, cancellationToken);

    private Task<TResponse> OnceAsync<TRequest, TResponse>(
        Func<Cluster.ClusterClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start, TRequest request, CancellationToken cancellationToken) =>
        _calls.CallAnyAsync(
            _metadata.Current.Endpoints.Values, static invoker => new Cluster.ClusterClient(invoker), start, request, cancellationToken);
}
