using System.Collections.Immutable;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Admin;

/// <summary>This broker's configs as they are now; read anew only when the metadata says something else. Thread-safe.</summary>
internal sealed class ChangeableConfigs(BrokerOptions options, Func<MetadataImage> image)
{
    /// <summary>What the node's own configuration gives and is not the default anyhow.</summary>
    public ImmutableSortedDictionary<string, string> Statics { get; } = new[]
    {
        KeyValuePair.Create(BrokerConfigKeys.AutoCreateTopics, options.AutoCreateTopics ? "true" : "false"),
        KeyValuePair.Create(BrokerConfigKeys.MaxFetchBytes, options.Limits.MaxFetchBytes.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    }.Where(given => given.Value != BrokerConfigKeys.All[given.Key].Default).ToImmutableSortedDictionary(StringComparer.Ordinal);

    private volatile Read? _last;

    /// <summary>The values in force.</summary>
    public BrokerConfigs Current
    {
        get
        {
            ConfigsImage configs = image().Configs;
            Read? last = _last;
            if (last is null || !ReferenceEquals(last.Configs, configs))
            {
                _last = last = new Read(configs, BrokerConfigs.Of(configs, Statics, options.NodeId));
            }

            return last.Values;
        }
    }

    /// <summary>Every key with its value and who set it.</summary>
    public IReadOnlyList<EffectiveConfig> Describe() => [.. BrokerConfigs.Effective(image().Configs, Statics, options.NodeId)];

    private sealed record Read(ConfigsImage Configs, BrokerConfigs Values);
}
