using RaftStream.Chaos.Clusters;

namespace RaftStream.Chaos.Nemeses;

/// <summary>A leader is cut off: from the other nodes, and sometimes from the clients too.</summary>
internal sealed class NetworkPartition(string name, string what, params Cut[] cuts) : INemesis
{
    public string Name => name;

    public string What => what;

    public bool NeedsLinks => true;

    public string ByHand => "--hit 'ssh NODE iptables -A INPUT -p tcp --dport 9091 -j DROP' --heal 'ssh NODE iptables -D INPUT -p tcp --dport 9091 -j DROP'";

    /// <summary>One way or both, whatever comes.</summary>
    public static NetworkPartition Any() => new(
        "partition", "a leader, of partitions or of the metadata quorum, is cut off from the other nodes: both ways or one, with its clients or without",
        Cut.Both, Cut.Both | Cut.Clients, Cut.Inbound, Cut.Outbound, Cut.Inbound | Cut.Clients, Cut.Outbound | Cut.Clients);

    public static NetworkPartition OneWay() => new(
        "partition-one-way", "what others send to a leader does not arrive, or what it sends to them does not", Cut.Inbound, Cut.Outbound);

    public static NetworkPartition TwoWay() => new("partition-two-way", "a leader and the other nodes do not hear each other", Cut.Both, Cut.Both | Cut.Clients);

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        int? leader = context.Random.OneIn(3) ? await context.FindControllerAsync() : await context.FindPartitionLeaderAsync();
        Cut[] possible = [.. cuts.Where(context.Cluster.CanCut)];
        if (possible.Length == 0)
        {
            throw new ClusterException($"this cluster's network cannot be cut in the way of {Name}");
        }

        Cut cut = possible[context.Random.Next(possible.Length)];
        if (leader is { } node)
        {
            await context.StrikeAsync(
                Name, [node], context.Between(0.5, 8), hit => context.Cluster.CutAsync(hit, cut), healed => context.Cluster.CutAsync(healed, Cut.None), enough, $" ({cut})");
        }
    }
}
