using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Tests.World;

namespace RaftStream.Raft.Tests;

/// <summary>Whatever strangers ask in whatever order: every request is answered once, and the quorum goes on.</summary>
public sealed class StrangeRequestTests
{
    [Fact]
    public void Strange_requests_are_answered_and_harm_nobody()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Prng((ulong)seed);
            var cluster = new MemoryCluster(3, seed);
            cluster.Elect();
            var asked = new List<(MemoryNode Node, long Token)>();
            for (int i = 0; i < 150; i++)
            {
                MemoryNode node = cluster[random.Next(3)];
                asked.Add((node, cluster.Ask(node, Strange(random, node))));
                cluster.Run(random.Next(40));
            }

            cluster.Run(10_000);
            MemoryNode leader = cluster.Elect();
            long id = cluster.Append(leader);
            cluster.RunUntil(() => leader.All<RaftEffect.AppendCompleted>().Any(done => done.Id == id && done.Error == ErrorCode.None));
            Assert.All(asked, question => Assert.Contains(question.Token, question.Node.Replies.Keys));
        }
    }

    private static RaftRequest Strange(Prng random, MemoryNode node)
    {
        var epoch = new LeaderEpoch(Math.Max(0, node.View.Epoch.Value + random.Next(4) - 2));
        ReplicaKey stranger = MemoryCluster.KeyOf(20 + random.Next(3), disk: random.Next(3));
        var voter = new Voter(random.OneIn(3) ? node.Key : stranger, new RaftEndpoint("nowhere", random.Next(70_000)));
        int timeoutMs = random.Next(3_000) - 500;
        return random.Next(7) switch
        {
            0 => new RaftRequest.Vote
            {
                ClusterId = MemoryCluster.ClusterId,
                Epoch = epoch,
                Candidate = stranger,
                Target = random.OneIn(2) ? node.Key : stranger,
                LastEpoch = new LeaderEpoch(random.Next(6) - 1),
                LastOffset = new Offset(random.Next(30) - 5),
                PreVote = random.OneIn(2),
            },
            1 or 2 => new RaftRequest.Fetch
            {
                ClusterId = MemoryCluster.ClusterId,
                Epoch = epoch,
                Replica = stranger,
                FetchOffset = new Offset(random.Next(40) - 5),
                LastFetchedEpoch = new LeaderEpoch(random.Next(6) - 1),
                DurableEnd = new Offset(random.Next(40) - 5),
                KnownHighWatermark = random.OneIn(2) ? null : new Offset(random.Next(40)),
                MaxBytes = random.Next(100) - 10,
                MaxWaitMs = random.Next(2_000) - 100,
                BarrierEcho = random.Next(1_000) - 10,
            },
            3 => new RaftRequest.FetchSnapshot
            {
                ClusterId = MemoryCluster.ClusterId,
                Epoch = epoch,
                Replica = stranger,
                Snapshot = new SnapshotId(new Offset(random.Next(10)), new LeaderEpoch(random.Next(3))),
                Position = random.Next(10) - 5,
                MaxBytes = random.Next(10) - 5,
            },
            4 => new RaftRequest.AddVoter { ClusterId = MemoryCluster.ClusterId, Voter = voter, TimeoutMs = timeoutMs, AckWhenCommitted = random.OneIn(2) },
            5 => new RaftRequest.RemoveVoter { ClusterId = MemoryCluster.ClusterId, Key = stranger, TimeoutMs = timeoutMs },
            _ => new RaftRequest.UpdateVoter { ClusterId = MemoryCluster.ClusterId, Epoch = epoch, Voter = voter with { Key = stranger } },
        };
    }
}
