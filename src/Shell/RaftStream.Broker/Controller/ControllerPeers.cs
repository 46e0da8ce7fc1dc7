using Grpc.Core;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Rpc;
using RaftStream.Rpc.Client;
using ControllerCalls = RaftStream.Internal.V1.Controller.ControllerClient;

namespace RaftStream.Broker.Controller;

/// <summary>
/// Calls to the controller on other nodes: a channel per address, made at the first call, and one for heartbeats alone. These
/// never wait behind anything else, and their connection tells the controller that the process is there (R-17.3). Thread-safe.
/// </summary>
/// <param name="options">How to connect.</param>
/// <param name="isEncrypted">TLS.</param>
public sealed class ControllerPeers(RpcChannelOptions? options = null, bool isEncrypted = false) : IAsyncDisposable
{
    private readonly ChannelTable<(RaftEndpoint Endpoint, bool IsForHeartbeats), ControllerCalls> _channels = new(key =>
    {
        RpcChannel channel = RpcChannel.ForAddress($"{(isEncrypted ? "https" : "http")}://{key.Endpoint}", options);
        return (channel, new ControllerCalls(channel));
    });

    /// <summary>Asks the node at <paramref name="endpoint"/> once.</summary>
    /// <returns>The answer and the offset that it rests on; or the error, NOT_CONTROLLER also when no answer came.</returns>
    /// <exception cref="OperationCanceledException">The caller does not want the answer any more.</exception>
    public async Task<ControllerAnswer> AskAsync(
        RaftEndpoint endpoint, ControllerRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var call = new CallOptions(deadline: DateTime.UtcNow + timeout, cancellationToken: cancellationToken);
            ControllerReply reply = await _channels.CallsTo((endpoint, request is ControllerRequest.Beat)).AskAsync(ControllerWire.ToWire(request), call).ConfigureAwait(false);
            return Decode(endpoint, reply);
        }
        catch (RpcException exception)
        {
            // Who gave up waiting is not told about the call.
            cancellationToken.ThrowIfCancellationRequested();
            return ControllerAnswer.Refused(ErrorCode.NotController, $"The controller at {endpoint} does not answer: {exception.Status.Detail}");
        }
    }

    /// <summary>What a reply says; one that makes no sense is as good as none, and does no harm here (P32).</summary>
    internal static ControllerAnswer Decode(RaftEndpoint endpoint, ControllerReply reply)
    {
        try
        {
            return reply.Error == 0
                ? new ControllerAnswer(ReplyWire.FromWire(reply), null, reply.MetadataEnd)
                : ControllerAnswer.Refused(WireValues.ToErrorCode(reply.Error), reply.Message);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return ControllerAnswer.Refused(ErrorCode.NotController, $"The controller at {endpoint} gave an answer that makes no sense: {exception.Message}");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _channels.DisposeAsync();
}

/// <summary>What came of one request to a controller.</summary>
/// <param name="Response">As <see cref="ControllerRequest"/> says of each request; null with an error.</param>
/// <param name="Error">NOT_CONTROLLER leaves the outcome unknown (P32).</param>
/// <param name="MetadataEnd">Everything that the answer rests on lies below it.</param>
public sealed record ControllerAnswer(object? Response, OperationError? Error, long MetadataEnd)
{
    /// <summary>A refusal.</summary>
    public static ControllerAnswer Refused(ErrorCode code, string message) => new(null, new OperationError(code, message), 0);
}
