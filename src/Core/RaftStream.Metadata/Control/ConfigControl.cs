using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Decides changes of configs, and of the partitions that carry a value stamped from them .</summary>
public static class ConfigControl
{
    /// <summary>Sets and resets keys, for each owner all or nothing.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    public static Decision<ImmutableArray<ConfigOutcome>> Alter(
        MetadataImage image, ControllerSettings settings, IReadOnlyList<ConfigAlteration> alterations, bool validateOnly)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(alterations);
        var change = new ConfigsDelta(image.Configs);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<ConfigOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<ConfigOutcome>(alterations.Count);
        var seen = new HashSet<ConfigOwner>();
        foreach (ConfigAlteration asked in alterations)
        {
            (ConfigAlteration alteration, OperationError? error) = ConfigRewriting.ToPlain(image, settings, asked);
            error = seen.Add(alteration.Owner)
                ? error ?? Error(image, settings, alteration)
                : new OperationError(ErrorCode.InvalidRequest, "The resource is named twice in the request.");
            if (error is null)
            {
                foreach (ConfigChange one in alteration.Changes)
                {
                    MetadataRecord record = Record(alteration.Owner, one.Key, ValueToStore(settings, image, alteration.Owner, one));
                    change.Replay(record.Config);
                    records.Add(record);
                }
            }

            outcomes.Add(new ConfigOutcome(alteration.Owner, error));
        }

        Restamp(image, settings, change.Apply(), records);
        return new Decision<ImmutableArray<ConfigOutcome>>(
            validateOnly ? [] : records.DrainToImmutable(), outcomes.MoveToImmutable());
    }

    internal static MetadataRecord Record(ConfigOwner owner, string key, string? value)
    {
        var record = new ConfigRecord { ResourceType = (int)owner.Scope, ResourceName = owner.Name, Key = key };
        if (value is not null)
        {
            record.Value = value;
        }

        return new MetadataRecord { Config = record };
    }

    private static OperationError? Error(MetadataImage image, ControllerSettings settings, ConfigAlteration alteration)
    {
        ConfigOwner owner = alteration.Owner;
        TopicImage? topic = null;
        switch (owner.Scope)
        {
            case ConfigScope.Topic:
                topic = image.Topics.Find(owner.Name);
                if (topic is null)
                {
                    return new OperationError(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{owner.Name}'.");
                }

                break;
            case ConfigScope.Cluster when owner.Name.Length == 0:
                break;
            case ConfigScope.Broker when int.TryParse(owner.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && owner == ConfigOwner.Broker(new NodeId(id)):
                break;
            default:
                return new OperationError(
                    ErrorCode.InvalidRequest, "Configs belong to a topic by its name, to a broker by its node id, or to the cluster, which has no name.");
        }

        return KeyErrors(alteration) ?? FlushError(image, settings, alteration, topic);
    }

    private static OperationError? KeyErrors(ConfigAlteration alteration)
    {
        var problems = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (ConfigChange change in alteration.Changes)
        {
            if (!seen.Add(change.Key))
            {
                problems.Add($"The key {change.Key} is named twice.");
            }
            else if (Problem(alteration.Owner.Scope, change.Key, change.Value ?? Default(change.Key)) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems.Count == 0 ? null : new OperationError(ErrorCode.InvalidConfig, string.Join(' ', problems));

        static string Default(string key) =>
            TopicConfigKeys.All.TryGetValue(key, out ConfigKey? known) || BrokerConfigKeys.All.TryGetValue(key, out known) ? known.Default : "";
    }

    /// <summary>The cluster has both: defaults of topics, and configs of all brokers.</summary>
    private static string? Problem(ConfigScope scope, string key, string value) =>
        scope == ConfigScope.Broker || (scope == ConfigScope.Cluster && BrokerConfigKeys.All.ContainsKey(key))
            ? BrokerConfigKeys.Problem(key, value)
            : TopicConfigKeys.Problem(key, value);

    /// <summary>R-1.2: os to commit is refused, since replicas may have lost data under the old mode without anybody noticing.</summary>
    private static OperationError? FlushError(
        MetadataImage image, ControllerSettings settings, ConfigAlteration alteration, TopicImage? topic)
    {
        foreach (ConfigChange change in alteration.Changes)
        {
            if (topic is not null
                && change.Key == TopicConfigKeys.Flush
                && ValueToStore(settings, image, alteration.Owner, change) == TopicConfigKeys.FlushCommit
                && topic.Partitions.Any(p => p.Flush == Flush.Os))
            {
                return new OperationError(
                    ErrorCode.InvalidConfig, $"flush of '{topic.Name}' cannot go from os to commit: create a new topic with flush=commit.");
            }
        }

        return null;
    }

    /// <summary>A reset of a topic's flush stores the default: the mode of a topic never hangs on a default .</summary>
    private static string? ValueToStore(ControllerSettings settings, MetadataImage image, ConfigOwner owner, ConfigChange change) =>
        change.Value is null && change.Key == TopicConfigKeys.Flush && owner.Scope == ConfigScope.Topic
            ? TopicSettings.Effective(TopicConfigKeys.All[TopicConfigKeys.Flush], image.Configs, settings.StaticTopicConfigs, topic: null).Value
            : change.Value;

    /// <summary>Partitions whose stamped values change get a record in the same batch, and those that may be led at a loss now .</summary>
    private static void Restamp(
        MetadataImage image, ControllerSettings settings, ConfigsImage after, ImmutableArray<MetadataRecord>.Builder records)
    {
        TopicSettings defaults = TopicSettings.Of(after, settings.StaticTopicConfigs, null);
        TopicSettings oldDefaults = TopicSettings.Of(image.Configs, settings.StaticTopicConfigs, null);
        bool everyTopic = defaults.MinInsyncReplicas != oldDefaults.MinInsyncReplicas
            || defaults.UncleanLeaderElection != oldDefaults.UncleanLeaderElection
            || defaults.RecoversByLastLeader != oldDefaults.RecoversByLastLeader;
        HashSet<string> touched = [.. records
            .Where(r => r.Config.ResourceType == (int)ConfigScope.Topic && r.Config.Key is TopicConfigKeys.MinInsyncReplicas or TopicConfigKeys.Flush
                    or TopicConfigKeys.UncleanLeaderElection or TopicConfigKeys.UncleanRecoveryStrategy)
            .Select(r => r.Config.ResourceName)];
        IEnumerable<TopicImage> topics = everyTopic
            ? image.Topics.InOrder()
            : touched.Order(StringComparer.Ordinal).Select(name => image.Topics.Find(name)!);
        var change = new PartitionChange(image.Brokers, after, settings);
        foreach (TopicImage topic in topics.ToList())
        {
            foreach (PartitionState partition in topic.Partitions)
            {
                if (change.Restamp(topic, partition) is { } next)
                {
                    records.Add(PartitionChange.Record(topic.Id, next));
                }
            }
        }
    }
}
