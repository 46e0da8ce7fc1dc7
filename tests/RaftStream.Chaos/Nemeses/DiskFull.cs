namespace RaftStream.Chaos.Nemeses;

/// <summary>A leader's disk is full: it says so in time, or a write fails and the broker stops for good .</summary>
internal sealed class DiskFull : INemesis
{
    public string Name => "disk-full";

    public string What => "the disk of a broker that leads a partition has no room left, noticed early or by a write that fails; then there is room again";

    public bool NeedsBadMachines => true;

    public string ByHand => "--hit 'ssh NODE fallocate --length 1T /DATA/full || true' --heal 'ssh NODE rm --force /DATA/full'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        if (await context.FindPartitionLeaderAsync() is { } leader)
        {
            string words = context.Random.OneIn(3) ? "no-space" : "full";
            await context.StrikeAsync(Name, [leader], context.Between(0.5, 4), node => context.Cluster.SetFaultsAsync(node, words), node => HealAsync(context, node), enough);
        }
    }

    private static async Task HealAsync(NemesisContext context, int node)
    {
        await context.Cluster.SetFaultsAsync(node, "");
        await context.Cluster.StartAsync(node); // Where the broker has ended; it does nothing where it runs.
    }
}
