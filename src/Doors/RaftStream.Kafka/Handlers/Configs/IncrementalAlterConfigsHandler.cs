using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>IncrementalAlterConfigs: keys are set, reset, and as lists appended to and taken from; all others stay (KIP-339).</summary>
internal sealed class IncrementalAlterConfigsHandler : ApiHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    private const sbyte Set = 0;
    private const sbyte Delete = 1;
    private const sbyte Append = 2;
    private const sbyte Subtract = 3;

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(
        IncrementalAlterConfigsRequest request, IncrementalAlterConfigsResponse response, RequestScope scope)
    {
        var alterations = new ConfigAlterations();
        foreach (IncrementalAlterConfigsRequest.AlterConfigsResource resource in request.Resources)
        {
            AskedAlteration asked = alterations.Add(resource.ResourceType, resource.ResourceName);
            foreach (IncrementalAlterConfigsRequest.AlterableConfig config in resource.Configs)
            {
                (ConfigChange change, OperationError? error) = Read(config);
                asked.Add(change);
                asked.Error ??= error;
            }
        }

        await alterations.RunAsync(scope.Api, replacesAll: false, request.ValidateOnly).ConfigureAwait(false);
        foreach (AskedAlteration asked in alterations.All)
        {
            IncrementalAlterConfigsResponse.AlterConfigsResourceResponse row = response.Responses.Add();
            row.ResourceType = asked.Type;
            row.ResourceName = asked.Name;
            row.ErrorCode = (short)(asked.Error?.Code ?? ErrorCode.None);
            row.ErrorMessage = asked.Error?.Message;
        }
    }

    private static (ConfigChange Change, OperationError? Error) Read(IncrementalAlterConfigsRequest.AlterableConfig config) => config.ConfigOperation switch
    {
        Delete => (new ConfigChange(config.Name, null), null),
        Set => (new ConfigChange(config.Name, config.Value), ValueError(config)),
        Append => (new ConfigChange(config.Name, config.Value, ConfigOperation.Append), ValueError(config)),
        Subtract => (new ConfigChange(config.Name, config.Value, ConfigOperation.Subtract), ValueError(config)),
        _ => (new ConfigChange(config.Name, null), new OperationError(ErrorCode.InvalidRequest, $"There is no operation {config.ConfigOperation} on a config.")),
    };

    private static OperationError? ValueError(IncrementalAlterConfigsRequest.AlterableConfig config) => config.Value is not null
        ? null
        : new OperationError(ErrorCode.InvalidRequest, $"The config {config.Name} has no value: delete it for the default.");
}
