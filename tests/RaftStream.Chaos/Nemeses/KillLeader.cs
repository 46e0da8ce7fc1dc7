namespace RaftStream.Chaos.Nemeses;

/// <summary>kill -9 of a broker that leads partitions; a restart later.</summary>
internal sealed class KillLeader : INemesis
{
    public string Name => "kill-leader";

    public string What => "kill -9 of the broker that leads a partition; it is started again after a while";

    public string ByHand => "--hit 'ssh NODE systemctl kill --signal=KILL raftstream' --heal 'ssh NODE systemctl start raftstream'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        // Now and then at once, while the last one that was killed still catches up.
        if (!context.Random.OneIn(3))
        {
            await context.WaitInSyncAsync(enough);
        }

        if (await context.FindPartitionLeaderAsync() is { } leader)
        {
            await context.StrikeAsync(Name, [leader], context.Between(0.2, 3), context.Cluster.KillAsync, context.Cluster.StartAsync, enough);
        }
    }
}
