using Grpc.Core;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

/// <summary>P32: what an administrator asks again, at another broker too, is known there as the same request.</summary>
public class AdminRetryTests
{
    [Fact]
    public async Task A_creation_that_is_asked_again_names_the_same_id()
    {
        var ids = new List<string>();
        var cluster = new FakeCluster(brokers: 2);
        await using RaftStreamClient client = Losing<CreateTopicsRequest>(cluster, request =>
        {
            ids.Add(request.Topics[0].Id.ToBase64());
            return new CreateTopicsResponse { Results = { new TopicResult { Topic = new TopicRef { Name = "t", Id = request.Topics[0].Id } } } };
        });

        await client.Admin.CreateTopicAsync("t");
        await client.Admin.CreateTopicAsync("t");

        Assert.Equal(3, ids.Count);
        Assert.Equal(16, Convert.FromBase64String(ids[0]).Length);
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
    }

    [Fact]
    public async Task A_deletion_that_is_asked_again_names_the_same_id()
    {
        var ids = new List<string>();
        var cluster = new FakeCluster(brokers: 2);
        await using RaftStreamClient client = Losing<DeleteTopicsRequest>(cluster, request =>
        {
            ids.Add(request.RequestId.ToBase64());
            return new DeleteTopicsResponse { Results = { new TopicResult { Topic = new TopicRef { Name = "t" } } } };
        });

        await client.Admin.DeleteTopicAsync("t");
        await client.Admin.DeleteTopicAsync("t");

        Assert.Equal(3, ids.Count);
        Assert.Equal(16, Convert.FromBase64String(ids[0]).Length);
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
    }

    [Fact]
    public async Task An_operation_ends_with_its_time_although_every_broker_hangs()
    {
        var cluster = new FakeCluster(brokers: 3);
        foreach (int node in new[] { 1, 2, 3 })
        {
            cluster[node].IsHanging = true;
        }

        await using RaftStreamClient client = cluster.Connect(change: options => options with
        {
            OperationTimeout = TimeSpan.FromMilliseconds(50),
            RequestTimeout = TimeSpan.FromHours(1),
        });

        Task[] operations =
        [
            client.Admin.DeleteTopicAsync("t"),
            client.Admin.ListTopicsAsync(),
            client.Admin.DeleteRecordsAsync(new NamedPartition("t", 0), 1),
            client.Admin.ListOffsetsAsync([new NamedPartition("t", 0)], StartPosition.End),
            client.Cluster.DescribeQuorumAsync(),
        ];

        foreach (Task operation in operations)
        {
            Assert.Equal(ErrorCode.RequestTimedOut, (await Assert.ThrowsAsync<RaftStreamException>(() => operation.DoneAsync())).Code);
        }
    }

    /// <summary>The answer of the first call is lost.</summary>
    private static RaftStreamClient Losing<TRequest>(FakeCluster cluster, Func<TRequest, object> answer)
    {
        int calls = 0;
        foreach (int node in new[] { 1, 2 })
        {
            cluster[node].Administer = request =>
            {
                object answered = answer((TRequest)request);
                return ++calls == 1 ? throw new RpcException(FakeCalls.Lost) : answered;
            };
        }

        return cluster.Connect();
    }
}
