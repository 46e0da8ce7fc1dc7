using System.Collections.Immutable;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Control;

/// <summary>What is done with a key (KIP-339).</summary>
public enum ConfigOperation
{
    /// <summary>The value takes the place of what is there; null resets to the default.</summary>
    Set = 0,

    /// <summary>The words of the value are added to a list; those that are there stay once.</summary>
    Append = 1,

    /// <summary>The words of the value are taken out of a list.</summary>
    Subtract = 2,
}

/// <summary>One key to change.</summary>
/// <param name="Key">The key; checked.</param>
/// <param name="Value">Null resets the key to its default.</param>
/// <param name="Operation">What is done with the value.</param>
public readonly record struct ConfigChange(string Key, string? Value, ConfigOperation Operation = ConfigOperation.Set);

/// <summary>Changes of one owner's configs.</summary>
/// <param name="Owner">A topic by name, a broker by node id, or the cluster.</param>
/// <param name="Changes">In the order to carry out.</param>
/// <param name="ReplacesAll">Keys that are set and not named are reset; else they stay as they are.</param>
public sealed record ConfigAlteration(ConfigOwner Owner, ImmutableArray<ConfigChange> Changes, bool ReplacesAll = false);

/// <summary>What became of one alteration.</summary>
/// <param name="Owner">Whose configs.</param>
/// <param name="Error">Null is success; then all of its changes are made, else none.</param>
public sealed record ConfigOutcome(ConfigOwner Owner, OperationError? Error);
