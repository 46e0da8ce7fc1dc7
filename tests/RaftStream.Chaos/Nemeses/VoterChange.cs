using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Chaos.Nemeses;

/// <summary>A voter of the metadata quorum leaves and comes back, sometimes the leader itself (C-11).</summary>
internal sealed class VoterChange : INemesis
{
    public string Name => "voters";

    public string What => "a voter of the metadata quorum, now and then its leader, is taken out and comes back";

    public bool IsAdministrative => true;

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
        Task RemoveAsync(int _) => Insistence.UntilDoneAsync(
            () => context.Client.Cluster.RemoveVoterAsync(voter.Key, CancellationToken.None), ErrorCode.DuplicateVoter, ErrorCode.VoterNotFound);
        Task AddAsync(int _) => Insistence.UntilDoneAsync(
            () => context.Client.Cluster.AddVoterAsync(voter.Key, voter.Endpoint, CancellationToken.None), ErrorCode.DuplicateVoter, ErrorCode.VoterNotFound);
        await context.StrikeAsync(Name, [voter.Key.NodeId], context.Between(0.5, 5), RemoveAsync, AddAsync, enough);
    }
}
