using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Topics;

public sealed class CreatePartitionsTests
{
    [Theory]
    [VersionsOf(ApiKey.CreatePartitions)]
    public async Task There_is_one_result_per_topic(int version)
    {
        // E.4: one result per topic, good and bad ones mixed.
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        await broker.CreateAsync("small", 2);
        await broker.CreateAsync("twice", 2);
        await broker.CreateAsync("huge", 2);
        var request = new CreatePartitionsRequest();
        Add(request, "orders", 5);
        Add(request, "small", 1);
        Add(request, "nothing", 3);
        Add(request, "twice", 3);
        Add(request, "twice", 4);
        Add(request, "huge", 1_000_000);

        CreatePartitionsResponse response = await broker.CallAsync<CreatePartitionsResponse>(request, version);

        Assert.Equal(
            [
                ("orders", ErrorCode.None), ("small", ErrorCode.InvalidPartitions), ("nothing", ErrorCode.UnknownTopicOrPartition),
                ("twice", ErrorCode.InvalidRequest), ("huge", ErrorCode.PolicyViolation),
            ],
            Results(response));
        Assert.Equal(5, broker.Find("orders")!.Partitions.Count);
        Assert.Equal(2, broker.Find("twice")!.Partitions.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.CreatePartitions)]
    public async Task Replicas_can_be_assigned_to_the_new_partitions(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        foreach (string name in (string[])["good", "few", "stranger", "crowded"])
        {
            await broker.CreateAsync(name);
        }

        var request = new CreatePartitionsRequest();
        Add(request, "good", 3, [1], [1]);
        Add(request, "few", 3, [1]);
        Add(request, "stranger", 2, [99]);
        Add(request, "crowded", 2, [1, 2]);

        CreatePartitionsResponse response = await broker.CallAsync<CreatePartitionsResponse>(request, version);

        Assert.Equal(
            [
                ("good", ErrorCode.None), ("few", ErrorCode.InvalidReplicaAssignment), ("stranger", ErrorCode.InvalidReplicaAssignment),
                ("crowded", ErrorCode.InvalidReplicaAssignment),
            ],
            Results(response));
        Assert.Equal(3, broker.Find("good")!.Partitions.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.CreatePartitions)]
    public async Task To_validate_changes_nothing(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        var request = new CreatePartitionsRequest { ValidateOnly = true };
        Add(request, "orders", 5);

        CreatePartitionsResponse response = await broker.CallAsync<CreatePartitionsResponse>(request, version);

        Assert.Equal([("orders", ErrorCode.None)], Results(response));
        Assert.Single(broker.Find("orders")!.Partitions);
    }

    private static void Add(CreatePartitionsRequest request, string name, int count, params int[][] assignments)
    {
        CreatePartitionsRequest.CreatePartitionsTopic topic = request.Topics.Add();
        (topic.Name, topic.Count) = (name, count);
        if (assignments.Length == 0)
        {
            topic.Assignments.SetNull();
        }

        foreach (int[] brokers in assignments)
        {
            topic.Assignments.Add().BrokerIds.AddRange(brokers);
        }
    }

    private static List<(string Name, ErrorCode Error)> Results(CreatePartitionsResponse response)
    {
        List<(string, ErrorCode)> results = [];
        foreach (CreatePartitionsResponse.CreatePartitionsTopicResult result in response.Results)
        {
            Assert.Equal(result.ErrorCode == 0, result.ErrorMessage is null);
            results.Add((result.Name, (ErrorCode)result.ErrorCode));
        }

        return results;
    }
}
