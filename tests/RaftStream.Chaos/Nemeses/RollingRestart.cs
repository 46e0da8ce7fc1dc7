namespace RaftStream.Chaos.Nemeses;

/// <summary>A clean stop and a start of every node, one after the other, each ready before the next one stops.</summary>
internal sealed class RollingRestart : INemesis
{
    public string Name => "rolling-restart";

    public string What => "a clean restart of every node, one after the other";

    public string ByHand => "--hit 'for node in NODE NODE NODE; do ssh $node systemctl restart raftstream && sleep 10; done'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        foreach (int node in (int[])[.. context.Cluster.Brokers, .. context.Cluster.Controllers])
        {
            if (enough.IsCancellationRequested)
            {
                return;
            }

            await context.StrikeAsync(Name, [node], context.Between(0, 0.5), context.Cluster.StopAsync, context.Cluster.StartAsync, enough);
            await context.Cluster.WaitReadyAsync(CancellationToken.None);
        }
    }
}
