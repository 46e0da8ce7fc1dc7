using RaftStream.Client;

namespace RaftStream.Chaos.Nemeses;

/// <summary>A voter of the metadata quorum leaves and comes back, sometimes the leader itself (C-11).</summary>
internal sealed class Membership : INemesis
{
    public string Name => "membership";

    public string What => "a voter of the metadata quorum, now and then its leader, is taken out and comes back";

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        QuorumDescription quorum;
        try
        {
            quorum = await context.Client.Cluster.DescribeQuorumAsync(CancellationToken.None);
        }
        catch (RaftStreamException)
        {
            return; // Nobody leads: the next strike will tell.
        }

        QuorumReplicaDescription[] voters = [.. quorum.Replicas.Where(replica => replica.IsVoter)];
        QuorumReplicaDescription voter = voters[context.Random.Next(voters.Length)];
        Task RemoveAsync(int _) => InsistAsync(() => context.Client.Cluster.RemoveVoterAsync(voter.Key, CancellationToken.None));
        Task AddAsync(int _) => InsistAsync(() => context.Client.Cluster.AddVoterAsync(voter.Key, voter.Endpoint, CancellationToken.None));
        await context.StrikeAsync(Name, [voter.Key.NodeId], context.Between(0.5, 5), RemoveAsync, AddAsync, enough);
    }

    /// <summary>Until it is so: another attempt may find it done.</summary>
    private static async Task InsistAsync(Func<Task> change)
    {
        const int Attempts = 10;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await change();
                return;
            }
            catch (RaftStreamException exception) when (attempt < Attempts)
            {
                if (exception.Code is Model.ErrorCode.DuplicateVoter or Model.ErrorCode.VoterNotFound)
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromSeconds(1));
            }
            catch (RaftStreamException exception)
            {
                throw new Clusters.ClusterException($"the voters cannot be changed: {exception.Message}");
            }
        }
    }
}
