using System.Collections.Immutable;
using RaftStream.Broker;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>A resource whose configs are to be altered, and what became of that.</summary>
internal sealed class AskedAlteration(sbyte type, string name)
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>Kafka's number of the resource's kind.</summary>
    public sbyte Type { get; } = type;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What is to be changed.</summary>
    public List<ConfigChange> Changes { get; } = [];

    /// <summary>What is wrong; null is success.</summary>
    public OperationError? Error { get; set; }

    /// <summary>Takes a change in, by whichever of its names it comes; a key that is named twice is a mistake.</summary>
    public void Add(ConfigChange change)
    {
        (string key, OperationError? error) = ConfigNames.Read(Type, Name, change.Key);
        if (!_keys.Add(key))
        {
            error ??= new OperationError(ErrorCode.InvalidRequest, $"The key {key} is named twice.");
        }

        if (UnsupportedKeys.DefaultOf(Type, key) is not { } only)
        {
            Changes.Add(change with { Key = key });
        }
        else if (change.Value is not null && change.Value != only)
        {
            error ??= UnsupportedKeys.Refusal(key, only);
        }

        Error ??= error;
    }
}

/// <summary>The resources of AlterConfigs and IncrementalAlterConfigs, which differ only in what they do with keys that are not named.</summary>
internal sealed class ConfigAlterations
{
    private readonly Dictionary<(sbyte, string), AskedAlteration> _byResource = [];

    /// <summary>The resources, in the order of the request, each once.</summary>
    public List<AskedAlteration> All { get; } = [];

    /// <summary>Begins a resource; one that is named twice is refused and told of once.</summary>
    public AskedAlteration Add(sbyte type, string name)
    {
        var asked = new AskedAlteration(type, name);
        if (_byResource.TryAdd((type, name), asked))
        {
            All.Add(asked);
            return asked;
        }

        AskedAlteration first = _byResource[(type, name)];
        first.Error = new OperationError(ErrorCode.InvalidRequest, "The resource is named twice in the request.");
        return asked;
    }

    /// <summary>Has the controller decide on those that have no error yet; then <see cref="AskedAlteration.Error"/> is told of all.</summary>
    public async ValueTask RunAsync(BrokerApi api, bool replacesAll, bool validateOnly)
    {
        List<AskedAlteration> good = [];
        List<ConfigAlteration> alterations = [];
        foreach (AskedAlteration asked in All.Where(asked => asked.Error is null))
        {
            (ConfigOwner owner, OperationError? error) = ConfigResources.Read(asked.Type, asked.Name);
            asked.Error = error;
            if (error is null)
            {
                good.Add(asked);
                alterations.Add(new ConfigAlteration(owner, [.. asked.Changes], replacesAll));
            }
        }

        if (good.Count == 0)
        {
            return;
        }

        ImmutableArray<ConfigOutcome> outcomes = await ControllerCalls.AskAsync(
            () => api.Admin.AlterConfigsAsync(alterations, validateOnly),
            error => alterations.Select(alteration => new ConfigOutcome(alteration.Owner, error))).ConfigureAwait(false);
        for (int i = 0; i < good.Count; i++)
        {
            good[i].Error = outcomes[i].Error;
        }
    }
}
