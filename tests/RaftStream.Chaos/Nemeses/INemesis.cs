namespace RaftStream.Chaos.Nemeses;

/// <summary>One kind of fault. A strike does it, leaves it for a while and heals it.</summary>
internal interface INemesis
{
    /// <summary>As people write it, e.g. <c>kill-leader</c>.</summary>
    string Name { get; }

    /// <summary>What it does, in one sentence.</summary>
    string What { get; }

    /// <summary>Needs nodes whose machines can be bad: a lying clock, a full disk, bytes that are lost.</summary>
    bool NeedsBadMachines => false;

    /// <summary>Needs links between nodes that can be cut.</summary>
    bool NeedsLinks => false;

    /// <summary>Needs no more than what clients may ask for, so that it can be done to any cluster.</summary>
    bool IsAdministrative => false;

    /// <summary>How one does it to a cluster of one's own, with NODE for a machine of it.</summary>
    string ByHand => "";

    /// <summary>Brokers that make it worth while.</summary>
    int LeastBrokers => 3;

    /// <summary>Strikes once. When it returns everything that it did is undone, also after a cancellation or a failure.</summary>
    Task StrikeAsync(NemesisContext context, CancellationToken enough);
}
