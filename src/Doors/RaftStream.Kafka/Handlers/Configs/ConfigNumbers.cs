using System.Diagnostics;
using RaftStream.Metadata.Configs;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>Kafka's numbers around configs.</summary>
internal static class ConfigNumbers
{
    /// <summary>A resource: a topic.</summary>
    public const sbyte TopicResource = 2;

    /// <summary>A resource: a broker by its number, or all of them by an empty name.</summary>
    public const sbyte BrokerResource = 4;

    /// <summary>Who set a value.</summary>
    public static sbyte Of(ConfigSource source) => source switch
    {
        ConfigSource.Topic => 1,
        ConfigSource.Broker => 2,
        ConfigSource.Cluster => 3,
        ConfigSource.Static => 4,
        ConfigSource.Default => 5,
        _ => throw new UnreachableException(source.ToString()),
    };

    /// <summary>How a value is written.</summary>
    public static sbyte Of(ConfigType type) => type switch
    {
        ConfigType.Switch => 1,
        ConfigType.Word => 2,
        ConfigType.Number => 3,
        ConfigType.LongNumber => 5,
        ConfigType.Words => 7,
        _ => throw new UnreachableException(type.ToString()),
    };
}
