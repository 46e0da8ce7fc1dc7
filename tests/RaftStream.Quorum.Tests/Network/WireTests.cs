using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Simulation;

namespace RaftStream.Quorum.Tests.Network;

public sealed class WireTests
{
    [Fact]
    public void Requests_come_back_as_they_were_sent() => SeedSweep.Run(300, seed =>
    {
        var random = new Prng(seed);
        RaftRequest.Vote vote = Vote(random);
        Assert.Equal(vote, RequestWire.FromWire(Sent(RequestWire.ToWire(vote))));
        var begin = new RaftRequest.BeginQuorumEpoch { ClusterId = Id(random), Epoch = Epoch(random), LeaderId = Node(random), LeaderEndpoint = Place(random), Target = Key(random) };
        Assert.Equal(begin, RequestWire.FromWire(Sent(RequestWire.ToWire(begin))));
        var end = new RaftRequest.EndQuorumEpoch { ClusterId = Id(random), Epoch = Epoch(random), LeaderId = Node(random), LeaderEndpoint = Place(random), PreferredSuccessors = [Key(random), Key(random)] };
        RaftRequest.EndQuorumEpoch endBack = RequestWire.FromWire(Sent(RequestWire.ToWire(end)));
        Assert.Equal(end.PreferredSuccessors, endBack.PreferredSuccessors.AsEnumerable());
        Assert.Equal(end with { PreferredSuccessors = [] }, endBack with { PreferredSuccessors = [] });
        RaftRequest.Fetch fetch = Fetch(random);
        Assert.Equal(fetch, RequestWire.FromWire(Sent(RequestWire.ToWire(fetch))));
        var chunk = new RaftRequest.FetchSnapshot { ClusterId = Id(random), Epoch = Epoch(random), Replica = Key(random), Snapshot = Snapshot(random), Position = random.Next(1000), MaxBytes = random.Next(1000) };
        Assert.Equal(chunk, RequestWire.FromWire(Sent(RequestWire.ToWire(chunk))));
        var add = new RaftRequest.AddVoter { ClusterId = Id(random), Voter = new Voter(Key(random), Place(random)), TimeoutMs = random.Next(1000), AckWhenCommitted = random.OneIn(2) };
        Assert.Equal(add, RequestWire.FromWire(Sent(RequestWire.ToWire(add))));
        var remove = new RaftRequest.RemoveVoter { ClusterId = Id(random), Key = Key(random), TimeoutMs = random.Next(1000) };
        Assert.Equal(remove, RequestWire.FromWire(Sent(RequestWire.ToWire(remove))));
        var update = new RaftRequest.UpdateVoter { ClusterId = Id(random), Epoch = Epoch(random), Voter = new Voter(Key(random), Place(random)) };
        Assert.Equal(update, RequestWire.FromWire(Sent(RequestWire.ToWire(update))));
        var describe = new RaftRequest.DescribeQuorum { ClusterId = random.OneIn(2) ? null : random.NextGuid() };
        Assert.Equal(describe, RequestWire.FromWire(Sent(RequestWire.ToWire(describe))));
        var transfer = new RaftRequest.TransferLeadership { ClusterId = Id(random), Preferred = random.OneIn(2) ? NodeId.None : Node(random) };
        Assert.Equal(transfer, RequestWire.FromWire(Sent(RequestWire.ToWire(transfer))));
    });

    [Fact]
    public void Answers_come_back_as_they_were_sent() => SeedSweep.Run(300, seed =>
    {
        var random = new Prng(seed);
        var vote = Signed(random, new RaftResponse.Vote { LeaderEpoch = default, LeaderId = default, Granted = random.OneIn(2) });
        Assert.Equal(vote, ResponseWire.FromWire(Sent(ResponseWire.ToVote(vote))));
        var plain = Signed(random, new RaftResponse.Plain { LeaderEpoch = default, LeaderId = default });
        Assert.Equal(plain, ResponseWire.FromWire(Sent(ResponseWire.ToWire(plain))));
        var fetch = (RaftResponse.Fetch)Signed(random, new RaftResponse.Fetch
        {
            LeaderEpoch = default,
            LeaderId = default,
            HighWatermark = random.OneIn(3) ? null : new Offset(random.Next(1000)),
            LogStart = new Offset(random.Next(1000)),
            Diverging = random.OneIn(2) ? null : (Epoch(random), new Offset(random.Next(100))),
            Snapshot = random.OneIn(2) ? null : Snapshot(random),
            BarrierSeq = random.Next(100),
        });
        var back = (RaftResponse.Fetch)ResponseWire.FromWire(Sent(ResponseWire.ToFetch(fetch, default)));
        Assert.Equal(fetch with { Batches = [] }, back with { Batches = [] });
        var described = (RaftResponse.DescribeQuorum)Signed(random, new RaftResponse.DescribeQuorum
        {
            LeaderEpoch = default,
            LeaderId = default,
            HighWatermark = random.OneIn(2) ? null : new Offset(3),
            Voters = new VoterSet([new Voter(new ReplicaKey(new NodeId(1), random.NextGuid()), Place(random)), new Voter(new ReplicaKey(new NodeId(2), random.NextGuid()), Place(random))]),
            Replicas = [new ReplicaProgress(Key(random), true, new Offset(4), null, 7), new ReplicaProgress(Key(random), false, null, null, null)],
        });
        var again = (RaftResponse.DescribeQuorum)ResponseWire.FromWire(Sent(ResponseWire.ToDescription(described)));
        Assert.Equal(described.Voters, again.Voters);
        Assert.Equal(described.Replicas, again.Replicas.AsEnumerable());
        Assert.Equal(described.HighWatermark, again.HighWatermark);
    });

    [Fact]
    public void An_answer_with_an_error_may_be_a_plain_one_whatever_was_asked()
    {
        var error = new RaftResponse.Plain { Error = ErrorCode.NotLeaderOrFollower, LeaderEpoch = new LeaderEpoch(3), LeaderId = new NodeId(2), LeaderEndpoint = new RaftEndpoint("h", 1) };
        RaftResponse[] answers =
        [
            ResponseWire.FromWire(Sent(ResponseWire.ToVote(error))),
            ResponseWire.FromWire(Sent(ResponseWire.ToFetch(error, default))),
            ResponseWire.FromWire(Sent(ResponseWire.ToChunk(error))),
            ResponseWire.FromWire(Sent(ResponseWire.ToDescription(error))),
        ];
        Assert.All(answers, answer => Assert.Equal(
            (error.Error, error.LeaderEpoch, error.LeaderId, error.LeaderEndpoint),
            (answer.Error, answer.LeaderEpoch, answer.LeaderId, answer.LeaderEndpoint)));
    }

    [Fact]
    public void S_7_5_a_damaged_chunk_counts_as_no_answer()
    {
        var chunk = new RaftResponse.FetchSnapshot { LeaderEpoch = new LeaderEpoch(1), LeaderId = new NodeId(1), Snapshot = new SnapshotId(new Offset(5), new LeaderEpoch(1)), Position = 0, Size = 3, Bytes = new byte[] { 1, 2, 3 } };
        FetchSnapshotResponse wire = Sent(ResponseWire.ToChunk(chunk));
        Assert.Equal(chunk.Bytes.ToArray(), ((RaftResponse.FetchSnapshot)ResponseWire.FromWire(wire)).Bytes.ToArray());
        wire.Bytes = ByteString.CopyFrom(1, 2, 4);
        Assert.Throws<WireException>(() => ResponseWire.FromWire(wire));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_never_reaches_the_node()
    {
        int asked = 0;
        var service = new QuorumService((_, _) =>
        {
            asked++;
            return Task.FromResult(new QuorumReply(new RaftResponse.Plain { LeaderEpoch = default, LeaderId = NodeId.None }, default));
        }, Guid.Empty);
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] },
            new RpcServices().Add(Internal.V1.Quorum.BindService(service)),
            NullLoggerFactory.Instance);
        await server.StartAsync(CancellationToken.None);
        await using var channel = RpcChannel.ForAddress($"http://{server.EndPoints[0]}");
        var client = new Internal.V1.Quorum.QuorumClient(channel.CreateCallInvoker());
        VoteRequest good = RequestWire.ToWire(Vote(new Prng(1)));
        await client.VoteAsync(good);
        Assert.Equal(1, asked);
        Action<VoteRequest>[] breaks =
        [
            request => request.Epoch = -1,
            request => request.Epoch = int.MaxValue,
            request => request.Candidate = null,
            request => request.Candidate.Id = -2,
            request => request.Target.DirectoryId = ByteString.CopyFrom(1, 2),
            request => request.Target.DirectoryId = ByteString.Empty,
            request => request.ClusterId = ByteString.CopyFrom(9),
        ];
        foreach (Action<VoteRequest> broken in breaks)
        {
            VoteRequest request = good.Clone();
            broken(request);
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await client.VoteAsync(request));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }

        Assert.Equal(1, asked);
    }

    [Fact]
    public void Random_bytes_are_refused_or_decoded_and_nothing_else() => SeedSweep.Run(2_000, seed =>
    {
        var random = new Prng(seed);
        byte[] bytes = random.OneIn(2) ? new byte[random.Next(80)] : RequestWire.ToWire(Fetch(random)).ToByteArray();
        if (bytes.Length > 0)
        {
            random.Fill(bytes.AsSpan(random.Next(bytes.Length)));
        }

        try
        {
            RequestWire.FromWire(QuorumFetchRequest.Parser.ParseFrom(bytes));
            ResponseWire.FromWire(QuorumFetchResponse.Parser.ParseFrom(bytes));
            ResponseWire.FromWire(DescribeQuorumResponse.Parser.ParseFrom(bytes));
        }
        catch (Exception exception) when (exception is WireException or InvalidProtocolBufferException)
        {
            // Refused.
        }
    });

    private static T Sent<T>(T message)
        where T : IMessage<T>, new() => new MessageParser<T>(() => new T()).ParseFrom(message.ToByteArray());

    private static RaftResponse Signed(Prng random, RaftResponse response) => response with
    {
        Error = random.OneIn(2) ? ErrorCode.None : ErrorCode.FencedLeaderEpoch,
        LeaderEpoch = Epoch(random),
        LeaderId = random.OneIn(3) ? NodeId.None : Node(random),
        LeaderEndpoint = random.OneIn(2) ? null : Place(random),
    };

    private static RaftRequest.Vote Vote(Prng random) => new()
    {
        ClusterId = Id(random),
        Epoch = Epoch(random),
        Candidate = Key(random),
        Target = Key(random),
        LastEpoch = Epoch(random),
        LastOffset = new Offset(random.Next(1000)),
        PreVote = random.OneIn(2),
    };

    private static RaftRequest.Fetch Fetch(Prng random) => new()
    {
        ClusterId = Id(random),
        Epoch = Epoch(random),
        Replica = Key(random),
        FetchOffset = new Offset(random.Next(1000)),
        LastFetchedEpoch = Epoch(random),
        DurableEnd = new Offset(random.Next(1000)),
        KnownHighWatermark = random.OneIn(2) ? null : new Offset(random.Next(1000)),
        MaxBytes = random.Next(1000),
        MaxWaitMs = random.Next(1000),
        BarrierEcho = random.Next(1000),
    };

    private static Guid? Id(Prng random) => random.NextGuid();

    private static LeaderEpoch Epoch(Prng random) => new(random.Next(1000));

    private static NodeId Node(Prng random) => new(random.Next(1000));

    private static ReplicaKey Key(Prng random) => new(Node(random), random.NextGuid());

    private static RaftEndpoint Place(Prng random) => new("host" + random.Next(100), random.Next(65536));

    private static SnapshotId Snapshot(Prng random) => new(new Offset(random.Next(1000)), Epoch(random));
}
