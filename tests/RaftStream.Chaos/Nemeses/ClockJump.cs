using System.Globalization;

namespace RaftStream.Chaos.Nemeses;

/// <summary>Wall clocks jump, by seconds or by days, and jump back (P30).</summary>
internal sealed class ClockJump : INemesis
{
    private static readonly long[] JumpsMs = [-86_400_000, -3_600_000, -1_500, 1_500, 3_600_000, 86_400_000];

    public string Name => "clock";

    public string What => "wall clocks of some nodes jump by seconds, an hour or a day, and later back";

    public bool NeedsBadMachines => true;

    public string ByHand => "--hit 'ssh NODE date --set +1hour' --heal 'ssh NODE chronyc makestep'";

    public Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        int[] all = [.. context.Cluster.Controllers, .. context.Cluster.Brokers];
        int[] hit = [.. all.Where(_ => context.Random.OneIn(2))];
        Task JumpAsync(int node) => context.Cluster.SetFaultsAsync(
            node, string.Create(CultureInfo.InvariantCulture, $"clock={JumpsMs[context.Random.Next(JumpsMs.Length)]}"));
        return context.StrikeAsync(
            Name, hit.Length == 0 ? [all[0]] : hit, context.Between(1, 5), JumpAsync, node => context.Cluster.SetFaultsAsync(node, ""), enough);
    }
}
