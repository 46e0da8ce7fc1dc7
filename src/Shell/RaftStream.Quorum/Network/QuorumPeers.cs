using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Rpc;
using RaftStream.Rpc.Client;
using Client = RaftStream.Internal.V1.Quorum.QuorumClient;

namespace RaftStream.Quorum.Network;

/// <summary>Calls to other nodes: one channel per address, made at the first call.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class QuorumPeers : IAsyncDisposable
{
    private readonly ChannelTable<RaftEndpoint, Client> _channels;
    private readonly TimeSpan _timeout;
    private volatile StrongBox<Guid>? _otherCluster;

    /// <param name="timeout">When a call is given up; the node gives it up by itself at about the same time.</param>
    /// <param name="options">How to connect.</param>
    /// <param name="isEncrypted">TLS.</param>
    public QuorumPeers(TimeSpan timeout, RpcChannelOptions? options = null, bool isEncrypted = false)
    {
        _timeout = timeout;
        _channels = new ChannelTable<RaftEndpoint, Client>(endpoint =>
        {
            RpcChannel channel = RpcChannel.ForAddress($"{(isEncrypted ? "https" : "http")}://{endpoint}", options);
            return (channel, new Client(channel.CreateCallInvoker()));
        });
    }

    /// <summary>The cluster of the node that answered the last fetch, when it is not the one that was asked for; null otherwise.</summary>
    public Guid? OtherCluster => _otherCluster?.Value;

    /// <summary>Asks a node.</summary>
    /// <returns>Its answer; null when there is none, or none of use.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<(RaftResponse? Response, bool IsConnectionLost)> CallAsync(
        RaftEndpoint endpoint, RaftRequest request, CancellationToken cancellationToken)
    {
        DateTime deadline = DateTime.UtcNow + _timeout;
        try
        {
            return (await CallAsync(_channels.CallsTo(endpoint), request, new CallOptions(deadline: deadline, cancellationToken: cancellationToken))
                .ConfigureAwait(false), false);
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (null, exception.StatusCode == StatusCode.Unavailable);
        }
        catch (WireException)
        {
            return (null, false);
        }
    }

    /// <summary>Cancels what runs, and closes the connections.</summary>
    public ValueTask DisposeAsync() => _channels.DisposeAsync();

    private RaftResponse Fetched(QuorumFetchResponse wire)
    {
        RaftResponse response = ResponseWire.FromWire(wire);
        _otherCluster = response.Error == ErrorCode.InconsistentClusterId && WireParts.ToGuid(wire.Header.ClusterId) is { } other
            ? new StrongBox<Guid>(other)
            : null;
        return response;
    }

    private async Task<RaftResponse> CallAsync(Client client, RaftRequest request, CallOptions options) => request switch
    {
        RaftRequest.Vote vote => ResponseWire.FromWire(await client.VoteAsync(RequestWire.ToWire(vote), options).ConfigureAwait(false)),
        RaftRequest.BeginQuorumEpoch begin =>
            ResponseWire.FromWire(await client.BeginQuorumEpochAsync(RequestWire.ToWire(begin), options).ConfigureAwait(false)),
        RaftRequest.EndQuorumEpoch end =>
            ResponseWire.FromWire(await client.EndQuorumEpochAsync(RequestWire.ToWire(end), options).ConfigureAwait(false)),
        RaftRequest.Fetch fetch => Fetched(await client.FetchAsync(RequestWire.ToWire(fetch), options).ConfigureAwait(false)),
        RaftRequest.FetchSnapshot fetch =>
            ResponseWire.FromWire(await client.FetchSnapshotAsync(RequestWire.ToWire(fetch), options).ConfigureAwait(false)),
        RaftRequest.AddVoter add => ResponseWire.FromWire(await client.AddVoterAsync(RequestWire.ToWire(add), options).ConfigureAwait(false)),
        RaftRequest.RemoveVoter remove =>
            ResponseWire.FromWire(await client.RemoveVoterAsync(RequestWire.ToWire(remove), options).ConfigureAwait(false)),
        RaftRequest.UpdateVoter update =>
            ResponseWire.FromWire(await client.UpdateVoterAsync(RequestWire.ToWire(update), options).ConfigureAwait(false)),
        RaftRequest.DescribeQuorum describe =>
            ResponseWire.FromWire(await client.DescribeQuorumAsync(RequestWire.ToWire(describe), options).ConfigureAwait(false)),
        RaftRequest.TransferLeadership transfer =>
            ResponseWire.FromWire(await client.TransferLeadershipAsync(RequestWire.ToWire(transfer), options).ConfigureAwait(false)),
        _ => throw new System.Diagnostics.UnreachableException(request.GetType().Name),
    };
}
