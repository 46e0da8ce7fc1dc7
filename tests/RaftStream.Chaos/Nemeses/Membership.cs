namespace RaftStream.Chaos.Nemeses;

/// <summary>Who belongs changes: voters of the metadata quorum, and the brokers that hold partitions.</summary>
internal sealed class Membership : INemesis
{
    private readonly INemesis[] _kinds = [new VoterChange(), new ReplicaMove()];

    public string Name => "membership";

    public string What => "a voter of the metadata quorum is taken out and comes back, or partitions move between brokers";

    public bool IsAdministrative => true;

    public int LeastBrokers => _kinds.Max(kind => kind.LeastBrokers);

    public Task StrikeAsync(NemesisContext context, CancellationToken enough) => _kinds[context.Random.Next(_kinds.Length)].StrikeAsync(context, enough);
}
