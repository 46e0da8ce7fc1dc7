namespace RaftStream.Chaos.Nemeses;

/// <summary>kill -9 of the controller that leads the metadata quorum; a restart later.</summary>
internal sealed class KillController : INemesis
{
    public string Name => "kill-controller";

    public string What => "kill -9 of the controller that leads the metadata quorum; it is started again after a while";

    public string ByHand => new KillLeader().ByHand;

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        if (await context.FindControllerAsync() is { } leader)
        {
            await context.StrikeAsync(Name, [leader], context.Between(0.2, 4), context.Cluster.KillAsync, context.Cluster.StartAsync, enough);
        }
    }
}
