namespace RaftStream.Chaos.Nemeses;

/// <summary>A leader is killed while its followers stand still, so that it alone has what came last; they go on and choose another one.</summary>
/// <remarks>What it had alone was acknowledged to nobody, and it must drop it when it comes back: the fault for brokers that do either wrong.</remarks>
internal sealed class KillAhead : INemesis
{
    public string Name => "kill-ahead";

    public string What => "all other brokers stand still for a moment, then the broker that leads a partition is killed and they go on; later it is started again";

    public string ByHand => "--hit 'ssh OTHER systemctl kill --signal=STOP raftstream; ssh NODE systemctl kill --signal=KILL raftstream; ssh OTHER systemctl kill --signal=CONT raftstream' --heal 'ssh NODE systemctl start raftstream'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        await context.WaitInSyncAsync(enough);
        if (await context.FindPartitionLeaderAsync() is not { } leader)
        {
            return;
        }

        int[] others = [.. context.Cluster.Brokers.Where(broker => broker != leader)];
        TimeSpan alone = context.Between(0.3, 0.8); // Less than a session: nobody leaves the replicas in sync.
        async Task HitAsync(int node)
        {
            try
            {
                await Task.WhenAll(others.Select(context.Cluster.PauseAsync));
                await Task.Delay(alone, CancellationToken.None);
                await context.Cluster.KillAsync(node);
            }
            finally
            {
                await Task.WhenAll(others.Select(context.Cluster.ResumeAsync));
            }
        }

        // Long enough for another one to lead and to take writes.
        await context.StrikeAsync(Name, [leader], context.Between(2, 4), HitAsync, context.Cluster.StartAsync, enough);
    }
}
