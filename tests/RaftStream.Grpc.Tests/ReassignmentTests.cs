using Grpc.Core;
using RaftStream.Client.V1;

namespace RaftStream.Grpc.Tests;

/// <summary>Where partitions are and who leads them, through the door.</summary>
public class ReassignmentTests
{
    [Fact]
    public async Task Leaders_are_elected_of_some_partitions_or_of_all()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t", partitions: 2);

        ElectLeadersResponse some = await door.Admin.ElectLeadersAsync(new ElectLeadersRequest
        {
            Partitions = { new PartitionRef { Topic = Door.Named("t"), Partition = 1 }, new PartitionRef { Topic = Door.Named("t"), Partition = 9 } },
        });
        ElectLeadersResponse unclean = await door.Admin.ElectLeadersAsync(new ElectLeadersRequest
        {
            Type = ElectionType.ElectionUnclean,
            Partitions = { new PartitionRef { Topic = Door.Named("t"), Partition = 0 } },
        });
        ElectLeadersResponse all = await door.Admin.ElectLeadersAsync(new ElectLeadersRequest());

        Assert.Equal(["ELECTION_NOT_NEEDED", "UNKNOWN_TOPIC_OR_PARTITION"], some.Results.Select(r => r.Error.Name));
        Assert.Equal("ELECTION_NOT_NEEDED", unclean.Results.Single().Error.Name);
        Assert.Empty(all.Results);
    }

    [Fact]
    public async Task Reassignments_are_refused_one_by_one_with_what_to_do()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t", partitions: 3);

        AlterPartitionReassignmentsResponse answer = await door.Admin.AlterPartitionReassignmentsAsync(new AlterPartitionReassignmentsRequest
        {
            Partitions =
            {
                new PartitionReassignment { Topic = Door.Named("t"), Partition = 0, Replicas = { 1 } },
                new PartitionReassignment { Topic = Door.Named("t"), Partition = 1, Replicas = { 2 } },
                new PartitionReassignment { Topic = Door.Named("t"), Partition = 2 },
                new PartitionReassignment { Topic = Door.Named("t"), Partition = 2, Replicas = { 1 } },
                new PartitionReassignment { Topic = Door.Named("u"), Partition = 1 },
            },
        });

        Assert.Equal(
            [null, "INVALID_REPLICA_ASSIGNMENT", "INVALID_REQUEST", "INVALID_REQUEST", "UNKNOWN_TOPIC_OR_PARTITION"], answer.Results.Select(r => r.Error?.Name));
        Assert.Contains("never been started", answer.Results[1].Error.Message, StringComparison.Ordinal);
        Assert.Empty((await door.Admin.ListPartitionReassignmentsAsync(new ListPartitionReassignmentsRequest())).Reassignments);
    }

    [Fact]
    public async Task A_topic_that_is_not_there_has_no_reassignments()
    {
        await using Door door = await Door.OpenAsync();

        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            async () => await door.Admin.ListPartitionReassignmentsAsync(new ListPartitionReassignmentsRequest { Topics = { Door.Named("t") } }));

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_is_refused_with_the_reason()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t");

        RpcException refused = await Assert.ThrowsAsync<RpcException>(
            async () => await door.Admin.PlanPartitionReassignmentsAsync(new PlanPartitionReassignmentsRequest { RemoveBrokers = { 1 } }));
        PlanPartitionReassignmentsResponse nothing = await door.Admin.PlanPartitionReassignmentsAsync(
            new PlanPartitionReassignmentsRequest { Brokers = { 1 } });

        Assert.Contains("start or name more brokers", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(nothing.Partitions);
    }
}
