namespace RaftStream.Chaos.Nemeses;

/// <summary>SIGSTOP of a leader, of partitions or of the quorum: to others it looks dead, to itself no time has passed.</summary>
internal sealed class Pause : INemesis
{
    public string Name => "pause";

    public string What => "SIGSTOP of a leader, of partitions or of the metadata quorum; it goes on after a while";

    public string ByHand => "--hit 'ssh NODE systemctl kill --signal=STOP raftstream' --heal 'ssh NODE systemctl kill --signal=CONT raftstream'";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        int? leader = context.Random.OneIn(3) ? await context.FindControllerAsync() : await context.FindPartitionLeaderAsync();
        if (leader is { } node)
        {
            await context.StrikeAsync(Name, [node], context.Between(0.3, 6), context.Cluster.PauseAsync, context.Cluster.ResumeAsync, enough);
        }
    }
}
