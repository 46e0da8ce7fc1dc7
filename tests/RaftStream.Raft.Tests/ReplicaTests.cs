using RaftStream.Model;

namespace RaftStream.Raft.Tests;

public sealed class ReplicaTests
{
    [Fact]
    public void A_voter_set_holds_each_id_once_P15()
    {
        var set = new VoterSet([VoterOf(2), VoterOf(1)]);

        Assert.Throws<InvariantViolationException>(() => set.With(VoterOf(2)));
        Assert.Equal([1, 2], set.Voters.Select(voter => voter.Key.Id.Value));
        Assert.False(set.Contains(new ReplicaKey(new NodeId(1), Guid.NewGuid())));
        Assert.Equal(2, set.Majority);
    }

    private static Voter VoterOf(int id) => new(new ReplicaKey(new NodeId(id), Guid.NewGuid()), new RaftEndpoint("host", id));
}
