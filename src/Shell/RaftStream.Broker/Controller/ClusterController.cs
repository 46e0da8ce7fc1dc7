using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>The controller of a cluster: asked wherever it is, followed here.</summary>
internal sealed class ClusterController(ControllerGateway gateway, MetadataFollower follower) : IBrokerController
{
    public MetadataImage Image => follower.Image;

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
