namespace RaftStream.Chaos.Nemeses;

/// <summary>kill -9 of all nodes at once; what they did not flush is gone, or torn.</summary>
internal sealed class PowerLoss : INemesis
{
    public string Name => "power-loss";

    public string What => "all nodes lose power at once and with it every byte that was not flushed; they are started again after a while";

    public bool NeedsBadMachines => true;

    public string ByHand => "--hit 'ssh NODE \"echo b >/proc/sysrq-trigger\"' --heal 'until ssh NODE true; do sleep 1; done'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        int[] all = [.. context.Cluster.Controllers, .. context.Cluster.Brokers];
        await context.StrikeAsync(Name, all, context.Between(0.1, 1), context.Cluster.KillAsync, context.Cluster.StartAsync, enough);
        await context.Cluster.WaitReadyAsync(CancellationToken.None);
    }
}
