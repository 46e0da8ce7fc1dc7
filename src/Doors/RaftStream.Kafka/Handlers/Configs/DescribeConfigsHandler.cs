using RaftStream.Broker;
using RaftStream.Broker.Admin;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>DescribeConfigs: every key with its value, who set it, and what it means.</summary>
/// <remarks>A broker is described by itself only, and tells of the settings that it was started with too: tools look for some of them. Names are <see cref="ConfigNames"/>'.</remarks>
internal sealed class DescribeConfigsHandler : ApiHandler<DescribeConfigsRequest, DescribeConfigsResponse>
{
    /// <inheritdoc/>
    public override long EstimateAnswer(DescribeConfigsRequest request, RequestScope scope)
    {
        // Each is told once: there is nothing to tell beyond the topics that there are, the broker and the cluster's default.
        int most = scope.Api.Image.Topics.ById.Count + 2;
        return (Math.Min(request.Resources.Count, most) * AnswerEstimates.ConfigsOfOne) + AnswerEstimates.OfTopics(request.Resources.Count, 0);
    }

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(DescribeConfigsRequest request, DescribeConfigsResponse response, RequestScope scope)
    {
        HashSet<(sbyte, string)> seen = [];
        foreach (DescribeConfigsRequest.DescribeConfigsResource resource in request.Resources)
        {
            if (!seen.Add((resource.ResourceType, resource.ResourceName)))
            {
                continue; // told once: a name is a few bytes, its configs are thousands
            }

            DescribeConfigsResponse.DescribeConfigsResult row = response.Results.Add();
            row.ResourceType = resource.ResourceType;
            row.ResourceName = resource.ResourceName;
            (ConfigOwner owner, OperationError? error) = ConfigResources.Read(resource.ResourceType, resource.ResourceName);
            IReadOnlyList<LayeredConfig> configs = [];
            if (error is null)
            {
                (configs, error) = Find(scope.Api, owner);
            }

            row.ErrorCode = (short)(error?.Code ?? ErrorCode.None);
            row.ErrorMessage = error?.Message;
            if (error is not null)
            {
                continue;
            }

            Func<string, bool> isAsked = Filter(resource.ConfigurationKeys);
            foreach (LayeredConfig config in configs.Where(config => isAsked(ConfigNames.Of(owner.Scope, config.Key))))
            {
                Write(row.Configs.Add(), owner.Scope, config, request);
            }

            if (owner.Scope == ConfigScope.Broker)
            {
                IReadOnlyList<LayeredConfig> defaults = scope.Api.Admin.Descriptions.OfTopicDefaults();
                foreach (LayeredConfig config in defaults.Where(config => isAsked(ConfigNames.Of(owner.Scope, config.Key))))
                {
                    DescribeConfigsResponse.DescribeConfigsResourceResult entry = row.Configs.Add();
                    Write(entry, owner.Scope, config, request);
                    entry.ReadOnly = true; // of one broker: it is altered for all of them together
                }

                foreach (NodeSetting setting in scope.Api.Admin.Descriptions.Settings.Where(setting => isAsked(setting.Name)))
                {
                    Write(row.Configs.Add(), setting, request);
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    private static (IReadOnlyList<LayeredConfig> Configs, OperationError? Error) Find(BrokerApi api, ConfigOwner owner)
    {
        switch (owner.Scope)
        {
            case ConfigScope.Topic:
                (TopicImage? topic, OperationError? error) = TopicNames.Find(api.Image.Topics, owner.Name);
                return topic is null ? ([], error) : (api.Admin.Descriptions.OfTopic(owner.Name) ?? [], null);
            case ConfigScope.Cluster:
                return (api.Admin.Descriptions.OfCluster(), null);
            default:
                return owner == ConfigOwner.Broker(api.NodeId)
                    ? (api.Admin.Descriptions.OfThisBroker(), null)
                    : ([], new OperationError(
                        ErrorCode.InvalidRequest, $"This is broker {api.NodeId}; the configs of broker {owner.Name} are described by that one."));
        }
    }

    /// <summary>No keys, as null, are all keys.</summary>
    private static Func<string, bool> Filter(ValueList<string> keys)
    {
        if (keys.Count == 0)
        {
            return _ => true;
        }

        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (string key in keys)
        {
            asked.Add(key);
        }

        return asked.Contains;
    }

    private static void Write(
        DescribeConfigsResponse.DescribeConfigsResourceResult entry, ConfigScope scope, LayeredConfig config, DescribeConfigsRequest request)
    {
        entry.Name = ConfigNames.Of(scope, config.Key);
        entry.Value = config.Layers[0].Value;
        entry.ConfigSource = ConfigNumbers.Of(config.Layers[0].Source);
        entry.ConfigType = ConfigNumbers.Of(config.Key.Type);
        entry.Documentation = request.IncludeDocumentation ? config.Key.Documentation : null;
        if (request.IncludeSynonyms)
        {
            foreach (ConfigLayer layer in config.Layers)
            {
                ConfigScope giver = layer.Source == ConfigSource.Topic ? ConfigScope.Topic : ConfigScope.Cluster;
                AddSynonym(entry, ConfigNames.Of(giver, config.Key), layer.Value, ConfigNumbers.Of(layer.Source));
            }
        }
    }

    private static void Write(DescribeConfigsResponse.DescribeConfigsResourceResult entry, NodeSetting setting, DescribeConfigsRequest request)
    {
        string? value = setting.IsSensitive ? null : setting.Value;
        entry.Name = setting.Name;
        entry.Value = value;
        entry.ReadOnly = true;
        entry.IsSensitive = setting.IsSensitive;
        entry.ConfigSource = ConfigNumbers.Of(setting.IsDefault ? ConfigSource.Default : ConfigSource.Static);
        entry.ConfigType = ConfigNumbers.Of(setting.Type);
        entry.Documentation = request.IncludeDocumentation ? setting.Documentation : null;
        if (request.IncludeSynonyms)
        {
            AddSynonym(entry, entry.Name, value, entry.ConfigSource);
        }
    }

    private static void AddSynonym(DescribeConfigsResponse.DescribeConfigsResourceResult entry, string name, string? value, sbyte source)
    {
        DescribeConfigsResponse.DescribeConfigsSynonym synonym = entry.Synonyms.Add();
        synonym.Name = name;
        synonym.Value = value;
        synonym.Source = source;
    }
}
