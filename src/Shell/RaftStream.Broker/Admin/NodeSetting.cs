using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Metadata.Configs;

namespace RaftStream.Broker.Admin;

/// <summary>A setting that the process was started with. It can be read, and changed only by another start.</summary>
/// <param name="Name">Kafka's name where Kafka has the setting.</param>
/// <param name="Value">As text; null is not told (<paramref name="IsSensitive"/>) or not set.</param>
/// <param name="IsDefault">Nobody set it.</param>
/// <param name="Type">How it is written.</param>
/// <param name="Documentation">What it does.</param>
/// <param name="IsSensitive">A secret: the value is never told.</param>
public sealed record NodeSetting(string Name, string? Value, bool IsDefault, ConfigType Type, string Documentation, bool IsSensitive = false);

/// <summary>What every broker can say of how it is set up, whoever started it.</summary>
internal static class NodeSettings
{
    /// <summary>
    /// Tools tell by it what a broker can do, and take one without it for very old. It stands for the requests that are served here, which are those
    /// of Kafka's last version that had the setting.
    /// </summary>
    private const string KafkaLevel = "3.9-IV0";

    /// <summary>What the process says (<see cref="BrokerOptions.Settings"/>) and what the broker knows by itself, in ordinal order of names.</summary>
    public static ImmutableArray<NodeSetting> Of(BrokerOptions options)
    {
        Dictionary<string, NodeSetting> settings = Own(options).ToDictionary(setting => setting.Name, StringComparer.Ordinal);
        foreach (NodeSetting setting in options.Settings)
        {
            settings[setting.Name] = setting;
        }

        // What can be changed is told with all that it was given.
        foreach (string changeable in BrokerConfigKeys.All.Keys.Concat(TopicConfigKeys.All.Keys.Select(ServerNames.Of)))
        {
            settings.Remove(changeable);
        }

        return [.. settings.Values.OrderBy(setting => setting.Name, StringComparer.Ordinal)];
    }

    private static IEnumerable<NodeSetting> Own(BrokerOptions options)
    {
        yield return Number("broker.id", options.NodeId.Value, "Number of this node, as node.id.");
        yield return Number("node.id", options.NodeId.Value, "Number of this node.");
        yield return Text("broker.rack", options.Rack.Length > 0 ? options.Rack : null, "Where this node stands.");
        yield return Text("log.dirs", options.DataDirectory, "Folder of this node's data.");
        yield return Number("num.partitions", options.DefaultPartitions, "Partitions of a topic whose creator does not say.");
        yield return Number("default.replication.factor", options.DefaultReplicationFactor, "Replicas of a partition whose creator does not say.");
        yield return Number("replica.lag.time.max.ms", options.ReplicaLagMaxMs, "Milliseconds after which a replica that does not catch up leaves the ISR.");
        yield return Number("socket.request.max.bytes", options.Limits.MaxRequestBytes, "Bytes of one request.");
        yield return Fixed("delete.topic.enable", "true", ConfigType.Switch, "Topics can be deleted: always.");
        yield return Fixed("inter.broker.protocol.version", KafkaLevel, ConfigType.Word, "The Kafka release whose administration requests are served; brokers speak another protocol among themselves.");

        static NodeSetting Number(string name, long value, string documentation) =>
            new(name, value.ToString(CultureInfo.InvariantCulture), IsDefault: false, ConfigType.Number, documentation);
        static NodeSetting Text(string name, string? value, string documentation) => new(name, value, value is null, ConfigType.Word, documentation);
        static NodeSetting Fixed(string name, string value, ConfigType type, string documentation) => new(name, value, IsDefault: true, type, documentation);
    }
}
