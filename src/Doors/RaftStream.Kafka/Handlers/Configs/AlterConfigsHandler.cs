using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>AlterConfigs: what is named is all that is set afterwards.</summary>
internal sealed class AlterConfigsHandler : ApiHandler<AlterConfigsRequest, AlterConfigsResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(AlterConfigsRequest request, AlterConfigsResponse response, RequestScope scope)
    {
        var alterations = new ConfigAlterations();
        foreach (AlterConfigsRequest.AlterConfigsResource resource in request.Resources)
        {
            AskedAlteration asked = alterations.Add(resource.ResourceType, resource.ResourceName);
            foreach (AlterConfigsRequest.AlterableConfig config in resource.Configs)
            {
                asked.Add(new ConfigChange(config.Name, config.Value));
                if (config.Value is null)
                {
                    asked.Error ??= new OperationError(ErrorCode.InvalidRequest, $"The config {config.Name} has no value: leave it out for the default.");
                }
            }
        }

        await alterations.RunAsync(scope.Api, replacesAll: true, request.ValidateOnly).ConfigureAwait(false);
        foreach (AskedAlteration asked in alterations.All)
        {
            AlterConfigsResponse.AlterConfigsResourceResponse row = response.Responses.Add();
            row.ResourceType = asked.Type;
            row.ResourceName = asked.Name;
            row.ErrorCode = (short)(asked.Error?.Code ?? ErrorCode.None);
            row.ErrorMessage = asked.Error?.Message;
        }
    }
}
