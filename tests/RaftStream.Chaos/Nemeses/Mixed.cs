namespace RaftStream.Chaos.Nemeses;

/// <summary>One of the other faults after the other, chosen at random.</summary>
internal sealed class Mixed : INemesis
{
    private readonly INemesis[] _kinds =
    [
        new KillLeader(), new KillAhead(), new KillController(), new Pause(), NetworkPartition.Any(), new PowerLoss(), new DiskFull(), new ClockJump(), new Membership(),
    ];

    public string Name => "mixed";

    public string What => "one of the other faults after the other, chosen by the seed";

    public bool NeedsBadMachines => true;

    public bool NeedsLinks => true;

    public string ByHand => "--hit 'a script that chooses'";

    public Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        INemesis[] possible = [.. _kinds.Where(kind => !kind.NeedsBadMachines || kind is ClockJump || context.IsDiskVolatile)];
        return possible[context.Random.Next(possible.Length)].StrikeAsync(context, enough);
    }
}
