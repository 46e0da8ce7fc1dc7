using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Kafka.Tests.Handlers.Topics;

public sealed class DeleteRecordsTests
{
    [Theory]
    [VersionsOf(ApiKey.DeleteRecords)]
    public async Task The_front_of_a_log_is_forgotten(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        await broker.AppendAsync("orders", 0, "a", "b", "c");
        await broker.AppendAsync("orders", 1, "a", "b");
        var request = new DeleteRecordsRequest { TimeoutMs = 10_000 };
        DeleteRecordsRequest.DeleteRecordsTopic orders = Add(request, "orders", (0, 2), (1, -1), (7, 0));
        Add(request, "nothing", (0, 0));

        DeleteRecordsResponse response = await broker.CallAsync<DeleteRecordsResponse>(request, version);

        Assert.Equal(
            [
                ("orders", 0, ErrorCode.None, 2L), ("orders", 1, ErrorCode.None, 2L), ("orders", 7, ErrorCode.UnknownTopicOrPartition, -1L),
                ("nothing", 0, ErrorCode.UnknownTopicOrPartition, -1L),
            ],
            Rows(response));
        Assert.Equal(3, orders.Partitions.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.DeleteRecords)]
    public async Task Nothing_is_forgotten_beyond_the_high_watermark(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await broker.AppendAsync("orders", 0, "a");
        var request = new DeleteRecordsRequest();
        Add(request, "orders", (0, 2), (0, -2));

        DeleteRecordsResponse response = await broker.CallAsync<DeleteRecordsResponse>(request, version);

        Assert.Equal([("orders", 0, ErrorCode.OffsetOutOfRange, -1L), ("orders", 0, ErrorCode.OffsetOutOfRange, -1L)], Rows(response));
    }

    [Fact]
    public async Task A_disk_that_fails_forgets_nothing()
    {
        // Mutant: the handler lets the exception go, which costs the client its connection.
        var files = new GuardedFiles(new MemoryFileSystem());
        await using KafkaBroker broker = await KafkaBroker.StartAsync(files: files);
        await broker.CreateAsync("orders");
        await broker.AppendAsync("orders", 0, "a", "b");
        files.FailFlush = path => path.Contains("checkpoint", StringComparison.Ordinal) ? new StorageException(StorageErrorKind.Io, "EIO") : null;
        var request = new DeleteRecordsRequest();
        Add(request, "orders", (0, 1));

        DeleteRecordsResponse response = await broker.CallAsync<DeleteRecordsResponse>(request, 2);

        Assert.Equal([("orders", 0, ErrorCode.KafkaStorageError, -1L)], Rows(response));
    }

    [Fact]
    public async Task Too_many_partitions_are_refused()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(
            KafkaBroker.Options with { Limits = new Broker.BrokerLimits { MaxPartitionsPerRequest = 1 } });
        await broker.CreateAsync("orders", 2);
        var request = new DeleteRecordsRequest();
        Add(request, "orders", (0, -1), (1, -1));

        DeleteRecordsResponse response = await broker.CallAsync<DeleteRecordsResponse>(request, 2);

        Assert.All(Rows(response), row => Assert.Equal(ErrorCode.InvalidRequest, row.Error));
    }

    private static DeleteRecordsRequest.DeleteRecordsTopic Add(DeleteRecordsRequest request, string name, params (int Partition, long Offset)[] partitions)
    {
        DeleteRecordsRequest.DeleteRecordsTopic topic = request.Topics.Add();
        topic.Name = name;
        foreach ((int index, long offset) in partitions)
        {
            DeleteRecordsRequest.DeleteRecordsPartition partition = topic.Partitions.Add();
            (partition.PartitionIndex, partition.Offset) = (index, offset);
        }

        return topic;
    }

    private static List<(string Topic, int Partition, ErrorCode Error, long Low)> Rows(DeleteRecordsResponse response)
    {
        List<(string, int, ErrorCode, long)> rows = [];
        foreach (DeleteRecordsResponse.DeleteRecordsTopicResult topic in response.Topics)
        {
            foreach (DeleteRecordsResponse.DeleteRecordsPartitionResult partition in topic.Partitions)
            {
                rows.Add((topic.Name, partition.PartitionIndex, (ErrorCode)partition.ErrorCode, partition.LowWatermark));
            }
        }

        return rows;
    }
}
