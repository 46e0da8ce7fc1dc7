using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>UpdateFeatures: all or nothing (KIP-584). Each feature has one level in this version, so an update may only ask for what is.</summary>
internal sealed class UpdateFeaturesHandler : ApiHandler<UpdateFeaturesRequest, UpdateFeaturesResponse>
{
    private const short FirstWithUpgradeType = 1;
    private const short LastWithResults = 1;

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(UpdateFeaturesRequest request, UpdateFeaturesResponse response, RequestScope scope)
    {
        response.ErrorMessage = null;
        foreach (UpdateFeaturesRequest.FeatureUpdateKey update in request.FeatureUpdates)
        {
            OperationError? error = FeatureControl.Problem(scope.Api.Image, update.Feature, update.MaxVersionLevel, Read(update, scope.Version));
            if (scope.Version <= LastWithResults)
            {
                UpdateFeaturesResponse.UpdatableFeatureResult row = response.Results.Add();
                row.Feature = update.Feature;
                row.ErrorCode = (short)(error?.Code ?? ErrorCode.None);
                row.ErrorMessage = error?.Message;
            }
            else if (error is not null)
            {
                response.ErrorCode = (short)error.Code;
                response.ErrorMessage = error.Message;
                break;
            }
        }

        return ValueTask.CompletedTask;
    }

    private static FeatureChange Read(UpdateFeaturesRequest.FeatureUpdateKey update, short version) => version < FirstWithUpgradeType
        ? update.AllowDowngrade ? FeatureChange.SafeDowngrade : FeatureChange.Upgrade
        : (FeatureChange)update.UpgradeType;
}
