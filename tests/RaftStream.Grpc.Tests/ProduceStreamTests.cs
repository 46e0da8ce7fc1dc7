using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;

namespace RaftStream.Grpc.Tests;

public class ProduceStreamTests
{
    [Theory]
    [InlineData("os")]
    [InlineData("commit")]
    public async Task Requests_of_one_partition_are_appended_in_order_and_all_answered(string flush)
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", partitions: 3, configs: ("flush", flush));
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = door.Log.ProduceStream();
        const int Requests = 600;

        Task writing = WriteAsync();
        var answers = new Dictionary<ulong, ProduceResponse>();
        while (await stream.ResponseStream.MoveNext(default))
        {
            Assert.Null(stream.ResponseStream.Current.Error);
            answers.Add(stream.ResponseStream.Current.CorrelationId, stream.ResponseStream.Current);
        }

        await writing;
        Assert.Equal(Requests, answers.Count);
        for (int i = 0; i < Requests; i++)
        {
            Assert.Equal(i / 3, answers[(ulong)i + 1].BaseOffset);
        }

        async Task WriteAsync()
        {
            for (int i = 0; i < Requests; i++)
            {
                await stream.RequestStream.WriteAsync(new ProduceRequest
                {
                    Topic = Door.Named("orders"),
                    Partition = i % 3,
                    CorrelationId = (ulong)i + 1,
                    Batch = Door.Batch("v" + i),
                });
            }

            await stream.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task Requests_with_acks_0_get_no_answer_and_are_there_before_the_stream_ends()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = door.Log.ProduceStream();

        await stream.RequestStream.WriteAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a"), Acks = Acks.None });
        await stream.RequestStream.WriteAsync(
            new ProduceRequest { Topic = Door.Named("missing"), Batch = Door.Batch("a"), Acks = Acks.None });
        await stream.RequestStream.CompleteAsync();

        Assert.False(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(1, (await door.ProduceAsync("orders", "b")).BaseOffset);
    }

    [Fact]
    public async Task A_mistake_is_answered_and_the_stream_goes_on()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        using AsyncDuplexStreamingCall<ProduceMessage, ProduceReply> stream =
            door.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(LogMethods.ProduceStream, null, default);
        var message = new ProduceMessage { Batch = new(Door.Batch("a").Memory) };

        foreach (string topic in new[] { "missing", "orders" })
        {
            message.CorrelationId++;
            message.Topic.Set(topic, default);
            await stream.RequestStream.WriteAsync(message);
        }

        await stream.RequestStream.CompleteAsync();
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", stream.ResponseStream.Current.Error?.Name);
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Null(stream.ResponseStream.Current.Error);
        Assert.Equal(2ul, stream.ResponseStream.Current.CorrelationId);
        Assert.False(await stream.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answers_is_not_read_from()
    {
        var options = new Broker.BrokerOptions
        {
            DataDirectory = "/data",
            Limits = new Broker.BrokerLimits { MaxUnansweredPerStream = 8 },
        };
        await using Door door = await Door.OpenAsync(options);
        await door.CreateAsync("orders");
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = door.Log.ProduceStream();
        var request = new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a") };

        for (int i = 0; i < 500; i++)
        {
            await stream.RequestStream.WriteAsync(request);
        }

        await stream.RequestStream.CompleteAsync();
        int answers = 0;
        while (await stream.ResponseStream.MoveNext(default))
        {
            answers++;
        }

        Assert.Equal(500, answers);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_leaves_nothing_behind()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", configs: ("flush", "commit"));
        for (int round = 0; round < 20; round++)
        {
            using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = door.Log.ProduceStream();
            await stream.RequestStream.WriteAsync(new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a") });
        }

        Assert.Null((await door.ProduceAsync("orders", "b")).Error);
        Assert.Equal(Broker.BrokerState.Running, door.Node.State);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_end_the_call_and_not_the_broker()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        var raw = new Method<byte[], ProduceReply>(
            MethodType.Unary,
            LogMethods.ServiceName,
            "Produce",
            Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes),
            HotMessages.ProduceReply);

        await Assert.ThrowsAsync<RpcException>(
            async () => await door.Channel.CreateCallInvoker().AsyncUnaryCall(raw, null, default, [0x32, 0x7F, 1]));

        Assert.Null((await door.ProduceAsync("orders", "b")).Error);
    }
}
