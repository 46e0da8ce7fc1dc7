using System.Collections.Immutable;
using RaftStream.Chaos.Histories;
using RaftStream.Client;

namespace RaftStream.Chaos.Checks;

/// <summary>One rule about histories; a pure function.</summary>
internal interface ICheck
{
    /// <summary>Id of the rule, e.g. <c>X-1</c>.</summary>
    string Id { get; }

    /// <summary>The rule in a few words.</summary>
    string Rule { get; }

    /// <summary>Looks for what breaks the rule.</summary>
    Finding Run(History history);
}

/// <summary>What a check found.</summary>
/// <param name="Examined">How many things were looked at: a rule that looked at nothing says nothing.</param>
/// <param name="Anomalies">What breaks the rule.</param>
/// <param name="Note">What is worth knowing and no anomaly.</param>
internal sealed record Finding(long Examined, IReadOnlyList<Anomaly> Anomalies, string? Note = null);

/// <summary>Something that must not happen.</summary>
/// <param name="Partition">Where; null when it is about no single partition.</param>
/// <param name="Text">What, in a sentence.</param>
/// <param name="Operations">Those that show it.</param>
internal sealed record Anomaly(NamedPartition? Partition, string Text, ImmutableArray<Operation> Operations);
