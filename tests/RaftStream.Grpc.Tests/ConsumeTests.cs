using Grpc.Core;
using RaftStream.Client.V1;

namespace RaftStream.Grpc.Tests;

public class ConsumeTests
{
    [Fact]
    public async Task A_consumer_reads_what_is_there_and_what_comes()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", "a", "b");
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(From("orders"));
        var values = new List<string>();

        await ReadAsync(2);
        for (int i = 0; i < 50; i++)
        {
            await door.ProduceAsync("orders", "n" + i);
            await ReadAsync(3 + i);
        }

        Assert.Equal(["a", "b", .. Enumerable.Range(0, 50).Select(i => "n" + i)], values);

        async Task ReadAsync(int count)
        {
            while (values.Count < count)
            {
                Assert.True(await stream.ResponseStream.MoveNext(default));
                Assert.Null(stream.ResponseStream.Current.Records.Error);
                values.AddRange(Door.Values(stream.ResponseStream.Current.Records.Batches));
            }
        }
    }

    [Fact]
    public async Task Partitions_are_read_in_turn()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", partitions: 2);
        for (int i = 0; i < 4; i++)
        {
            await door.Log.ProduceAsync(new ProduceRequest { Topic = Door.Named("orders"), Partition = i % 2, Batch = Door.Batch("v" + i) });
        }

        ConsumeRequest request = From("orders");
        request.MaxBytes = 1; // a batch at a time
        request.Partitions.Add(new FetchPartition { Topic = Door.Named("orders"), Partition = 1 });
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(request);
        var partitions = new List<int>();
        for (int i = 0; i < 4; i++)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            partitions.Add(stream.ResponseStream.Current.Records.Partition);
        }

        Assert.Equal([0, 1, 0, 1], partitions);
    }

    [Fact]
    public async Task Decoded_records_come_once_each_however_small_the_answers()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", [.. Enumerable.Range(0, 100).Select(i => $"value-{i}")]);
        ConsumeRequest request = From("orders");
        request.Format = RecordFormat.Records;
        request.MaxBytes = 64;
        request.Partitions[0].FetchOffset = 10;
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(request);
        var values = new List<string>();

        while (values.Count < 90)
        {
            Assert.True(await stream.ResponseStream.MoveNext(default));
            values.AddRange(stream.ResponseStream.Current.Records.Records.Select(r => r.Value.ToStringUtf8()));
        }

        Assert.Equal(Enumerable.Range(10, 90).Select(i => $"value-{i}"), values);
    }

    [Fact]
    public async Task Silence_is_broken_by_heartbeats_with_the_high_watermark()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        await door.ProduceAsync("orders", "a");
        ConsumeRequest request = From("orders");
        request.HeartbeatMs = 1;
        request.Partitions[0].FetchOffset = 1;
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(request);

        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(1, stream.ResponseStream.Current.Records.HighWatermark);
        Assert.Empty(stream.ResponseStream.Current.Records.Batches);
    }

    [Fact]
    public async Task A_stream_whose_partitions_have_all_failed_ends()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        ConsumeRequest request = From("orders");
        request.Partitions[0].FetchOffset = 5;
        request.Partitions.Add(new FetchPartition { Topic = Door.Named("missing") });
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(request);
        var errors = new List<string>();

        while (await stream.ResponseStream.MoveNext(default))
        {
            errors.Add(stream.ResponseStream.Current.Records.Error.Name);
        }

        Assert.Equal(["UNKNOWN_TOPIC_OR_PARTITION", "OFFSET_OUT_OF_RANGE"], errors);
    }

    [Fact]
    public async Task Deleting_the_topic_ends_its_consumers_with_an_error()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        using AsyncServerStreamingCall<ConsumeResponse> stream = door.Log.Consume(From("orders"));
        Task<bool> next = stream.ResponseStream.MoveNext(default);

        await door.Admin.DeleteTopicsAsync(new DeleteTopicsRequest { Topics = { Door.Named("orders") } });

        Assert.True(await next);
        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", stream.ResponseStream.Current.Records.Error.Name);
        Assert.False(await stream.ResponseStream.MoveNext(default));
    }

    private static ConsumeRequest From(string topic) =>
        new() { Partitions = { new FetchPartition { Topic = Door.Named(topic) } } };
}
