using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Alterations of configs as messages, and back.</summary>
internal static class ConfigWire
{
    public static OwnerToAlter ToWire(ConfigAlteration alteration)
    {
        var owner = new OwnerToAlter { Owner = WireValues.ToWire(alteration.Owner), ReplacesAll = alteration.ReplacesAll };
        foreach (ConfigChange change in alteration.Changes)
        {
            var wire = new ConfigToAlter { Key = change.Key, Operation = (int)change.Operation };
            if (change.Value is { } value)
            {
                wire.Value = value;
            }

            owner.Changes.Add(wire);
        }

        return owner;
    }

    public static ConfigAlteration FromWire(OwnerToAlter owner) => new(
        WireValues.ToOwner(owner.Owner),
        [.. owner.Changes.Select(change => new ConfigChange(change.Key, change.HasValue ? change.Value : null, (ConfigOperation)change.Operation))],
        owner.ReplacesAll);
}
