using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>ApiVersions: what is served here (KIP-35, KIP-511, KIP-584).</summary>
internal sealed class ApiVersionsHandler(ServedApis apis) : ApiHandler<ApiVersionsRequest, ApiVersionsResponse>
{
    private const short FirstWithClientNames = 3;
    private const short FirstWithNode = 5;

    // Clients of version 3 fail at a feature that may be at level 0 (KAFKA-17011); none of ours may.
    private const int LeastLevel = 1;

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(ApiVersionsRequest request, ApiVersionsResponse response, RequestScope scope)
    {
        ErrorCode error = Check(request, scope);
        if (error != ErrorCode.None)
        {
            response.ErrorCode = (short)error;
            return ValueTask.CompletedTask;
        }

        foreach (ServedApi api in apis.InOrder)
        {
            ApiVersionsResponse.ApiVersion row = response.ApiKeys.Add();
            row.ApiKey = (short)api.Info.Key;
            row.MinVersion = api.MinVersion;
            row.MaxVersion = api.MaxVersion;
        }

        AddFeatures(response, scope.Api.Image);
        return ValueTask.CompletedTask;
    }

    private static ErrorCode Check(ApiVersionsRequest request, RequestScope scope)
    {
        if (scope.Version >= FirstWithClientNames
            && !(ClientSoftware.IsValid(request.ClientSoftwareName) && ClientSoftware.IsValid(request.ClientSoftwareVersion)))
        {
            return ErrorCode.InvalidRequest;
        }

        // A client that means another cluster, or another broker at what is now this address, must look around anew (KIP-1242).
        bool isElsewhere = scope.Version >= FirstWithNode
            && ((request.ClusterId is { } cluster && cluster != ClusterIds.Of(scope.Api))
                || (request.NodeId >= 0 && request.NodeId != scope.Api.NodeId.Value));
        return isElsewhere ? ErrorCode.RebootstrapRequired : ErrorCode.None;
    }

    private static void AddFeatures(ApiVersionsResponse response, MetadataImage image)
    {
        foreach (SupportedFeature feature in FeatureControl.Supported)
        {
            ApiVersionsResponse.SupportedFeatureKey row = response.SupportedFeatures.Add();
            row.Name = feature.Name;
            row.MinVersion = (short)Math.Max(LeastLevel, feature.MinLevel);
            row.MaxVersion = (short)feature.MaxLevel;
        }

        response.FinalizedFeaturesEpoch = image.EndOffset;
        foreach ((string name, int level) in image.Features)
        {
            ApiVersionsResponse.FinalizedFeatureKey row = response.FinalizedFeatures.Add();
            row.Name = name;
            row.MinVersionLevel = row.MaxVersionLevel = (short)level;
        }
    }
}
