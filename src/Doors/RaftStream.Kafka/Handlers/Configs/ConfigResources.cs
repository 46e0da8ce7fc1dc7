using System.Globalization;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>What requests call the owners of configs.</summary>
internal static class ConfigResources
{
    /// <summary>The owner, or why there is none: a broker by its number, all brokers by an empty name, a topic.</summary>
    public static (ConfigOwner Owner, OperationError? Error) Read(sbyte type, string name) => type switch
    {
        ConfigNumbers.TopicResource => (ConfigOwner.Topic(name), null),
        ConfigNumbers.BrokerResource when name.Length == 0 => (ConfigOwner.Cluster, null),
        ConfigNumbers.BrokerResource when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) =>
            (ConfigOwner.Broker(new NodeId(id)), null),
        ConfigNumbers.BrokerResource => (default, Invalid($"A broker is named by its number, or by nothing for all of them, not by '{name}'.")),
        _ => (default, Invalid($"Configs belong to topics (2) and brokers (4); resources of type {type} have none here.")),
    };

    private static OperationError Invalid(string message) => new(ErrorCode.InvalidRequest, message);
}
