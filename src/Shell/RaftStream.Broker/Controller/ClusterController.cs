using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>The controller as a broker sees it: asked wherever it is, followed here.</summary>
internal sealed class ClusterController(ControllerGateway gateway, MetadataFollower follower)
{
    /// <summary>The committed metadata, applied here.</summary>
    public MetadataImage Image => follower.Image;

    /// <inheritdoc cref="MetadataFollower.WaitAppliedAsync"/>
    public Task WaitAppliedAsync(long end, CancellationToken cancellationToken) => follower.WaitAppliedAsync(end, cancellationToken);

    /// <summary>Has a request answered; its changes are committed, durable and applied on this node when the task completes.</summary>
    /// <exception cref="ControllerUnavailableException">It could not be; NOT_CONTROLLER leaves the outcome unknown.</exception>
    public async Task<T> AskAsync<T>(ControllerRequest request)
    {
        ControllerAnswer answer = await gateway.AskAsync(request, CancellationToken.None).ConfigureAwait(false);
        if (answer.Error is { } error)
        {
            throw new ControllerUnavailableException(error.Code, error.Message);
        }

        using var patience = new CancellationTokenSource(gateway.TotalTimeout);
        try
        {
            await follower.WaitAppliedAsync(answer.MetadataEnd, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new ControllerUnavailableException(
                ErrorCode.RequestTimedOut, "It is done, but this broker has not heard of it yet: it lags behind the metadata log.");
        }

        return (T)answer.Response!;
    }
}
