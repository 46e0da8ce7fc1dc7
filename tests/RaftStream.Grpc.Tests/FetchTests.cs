using Google.Protobuf;
using RaftStream.Client.V1;

namespace RaftStream.Grpc.Tests;

public class FetchTests
{
    [Fact]
    public async Task A_fetch_returns_whole_batches_and_the_ends_of_the_log()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", "a", "b");
        await door.ProduceAsync("orders", "c");

        FetchResponse response = await door.Log.FetchAsync(
            new FetchRequest { Partitions = { new FetchPartition { Topic = Door.Named("orders"), FetchOffset = 1 } } });

        PartitionRecords records = response.Partitions.Single();
        Assert.Null(records.Error);
        Assert.Equal(["a", "b", "c"], Door.Values(records.Batches));
        Assert.Equal((3, 3, 0), (records.HighWatermark, records.LastStableOffset, records.LogStartOffset));
        Assert.Equal("orders", records.Topic.Name);
        Assert.Equal(16, records.Topic.Id.Length);
    }

    [Fact]
    public async Task Decoded_records_begin_at_the_asked_offset()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", "a", "b", "c");

        FetchResponse response = await door.Log.FetchAsync(new FetchRequest
        {
            Partitions = { new FetchPartition { Topic = Door.Named("orders"), FetchOffset = 1 } },
            Format = RecordFormat.Records,
        });

        Assert.Equal(["b", "c"], response.Partitions.Single().Records.Select(r => r.Value.ToStringUtf8()));
        Assert.Equal([1, 2], response.Partitions.Single().Records.Select(r => r.Offset));
        Assert.Empty(response.Partitions.Single().Batches);
    }

    [Fact]
    public async Task A_fetch_at_the_end_waits_for_news()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        Task<FetchResponse> fetch = door.Log.FetchAsync(new FetchRequest
        {
            Partitions = { new FetchPartition { Topic = Door.Named("orders") } },
            MaxWaitMs = 60_000,
        }).ResponseAsync;

        await door.ProduceAsync("orders", "a");

        Assert.Equal(["a"], Door.Values((await fetch).Partitions.Single().Batches));
    }

    [Fact]
    public async Task Errors_are_told_per_partition_and_at_once()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", "a");

        FetchResponse response = await door.Log.FetchAsync(new FetchRequest
        {
            MaxWaitMs = 60_000,
            Partitions =
            {
                new FetchPartition { Topic = Door.Named("missing") },
                new FetchPartition { Topic = Door.Named("orders"), FetchOffset = 7 },
                new FetchPartition { Topic = Door.Named("orders") },
                new FetchPartition { Topic = Door.Named("orders"), CurrentLeaderEpoch = 9 },
                new FetchPartition { Topic = new TopicRef { Id = ByteString.CopyFrom(1) } },
            },
        });

        Assert.Equal(
            ["UNKNOWN_TOPIC_OR_PARTITION", "OFFSET_OUT_OF_RANGE", null, "UNKNOWN_LEADER_EPOCH", "INVALID_REQUEST"],
            response.Partitions.Select(p => p.Error?.Name));
        Assert.Equal(["a"], Door.Values(response.Partitions[2].Batches));
    }

    [Fact]
    public async Task Offsets_are_found_by_time_and_by_name()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.Log.ProduceAsync(new ProduceRequest
        {
            Topic = Door.Named("orders"),
            Records = { new Client.V1.Record { TimestampMs = 10 }, new Client.V1.Record { TimestampMs = 30 }, new Client.V1.Record { TimestampMs = 20 } },
        });

        ListOffsetsResponse response = await door.Log.ListOffsetsAsync(new ListOffsetsRequest
        {
            Partitions = { new[] { -1L, -2, -3, 15, 99, -9 }.Select(t => new ListOffsetsPartition { Topic = Door.Named("orders"), TimestampMs = t }) },
        });

        Assert.Equal([3, 0, 1, 1, -1, -1], response.Partitions.Select(p => p.Offset));
        Assert.Equal([-1, -1, 30, 30, -1, -1], response.Partitions.Select(p => p.TimestampMs));
        Assert.Equal("INVALID_REQUEST", response.Partitions[5].Error?.Name);
    }
}
