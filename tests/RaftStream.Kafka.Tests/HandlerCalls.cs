using System.Buffers;
using RaftStream.Broker;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Tests;

/// <summary>Requests to handlers as bytes and back, in any version, without a connection.</summary>
internal static class HandlerCalls
{
    private const int CorrelationId = 77;

    /// <summary>Has a request answered by the handler that the door lists.</summary>
    public static Task<TResponse> CallAsync<TResponse>(
        BrokerApi api, IKafkaMessage request, short version, KafkaClusterAccess? cluster = null, string listener = KafkaBroker.Listener)
        where TResponse : class, IKafkaMessage, new() =>
        CallAsync<TResponse>(ServedByHandlers.Create(cluster), api, request, version, listener);

    /// <summary>Has a request answered: encoded, read, served, the answer encoded and read.</summary>
    public static async Task<TResponse> CallAsync<TResponse>(
        ServedApis apis, BrokerApi api, IKafkaMessage request, short version, string listener = KafkaBroker.Listener)
        where TResponse : class, IKafkaMessage, new() =>
        (TResponse)Decode(new TResponse(), await AnswerAsync(apis, api, request, version, listener), version);

    /// <summary>The bytes of the answer to a request.</summary>
    public static Task<ReadOnlyMemory<byte>> AnswerAsync(
        ServedApis apis, BrokerApi api, IKafkaMessage request, short version, string listener = KafkaBroker.Listener) =>
        AnswerAsync(apis, api, Encode(request, version), version, listener);

    /// <summary>Has a request answered whose body was encoded elsewhere, and reads the answer.</summary>
    public static async Task AnswerAsync(ServedApis apis, BrokerApi api, ApiKey key, byte[] body, short version)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(bytes);
        new RequestHeader((short)key, version, CorrelationId, "tests").Write(ref writer);
        writer.WriteRaw(body);
        writer.Flush();
        ReadOnlyMemory<byte> answer = await AnswerAsync(apis, api, new ReadOnlySequence<byte>(bytes.WrittenMemory), version, KafkaBroker.Listener);
        Decode(ApiTable.Get(key).NewResponse(), answer, version);
    }

    private static async Task<ReadOnlyMemory<byte>> AnswerAsync(
        ServedApis apis, BrokerApi api, ReadOnlySequence<byte> frame, short version, string listener)
    {
        Exchange exchange = Open(apis, frame, out TaskCompletionSource answered);
        var scope = new RequestScope(api, version, "tests", new ClientConnection(listener, "127.0.0.1:4711", CancellationToken.None));
        await exchange.RunAsync(scope);
        await answered.Task;
        Assert.False(exchange.ClosesConnection);
        Assert.False(exchange.IsSilent);

        var bytes = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteResponse(bytes, exchange.Response, version, CorrelationId);
        exchange.Release();
        return bytes.WrittenMemory;
    }

    private static ReadOnlySequence<byte> Encode(IKafkaMessage request, short version)
    {
        var bytes = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(bytes, request, new RequestHeader((short)request.Api, version, CorrelationId, "tests"));
        var input = new ReadOnlySequence<byte>(bytes.WrittenMemory);
        Assert.True(KafkaFrame.TryRead(ref input, int.MaxValue, out ReadOnlySequence<byte> frame));
        Assert.True(input.IsEmpty);
        return frame;
    }

    private static Exchange Open(ServedApis apis, in ReadOnlySequence<byte> frame, out TaskCompletionSource answered)
    {
        var reader = new KafkaReader(frame);
        RequestHeader header = RequestHeader.Read(ref reader);
        ServedApi served = apis.Find(header.ApiKey) ?? throw new InvalidOperationException($"API {header.ApiKey} is not served.");
        Assert.True(served.Serves(header.ApiVersion), $"{served.Info.Name} is not served in version {header.ApiVersion}.");
        Exchange exchange = served.NewExchange(served);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        exchange.Begin(header, 0, _ => done.SetResult());
        exchange.Read(ref reader);
        answered = done;
        return exchange;
    }

    private static IKafkaMessage Decode(IKafkaMessage response, ReadOnlyMemory<byte> bytes, short version)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        Assert.True(KafkaFrame.TryRead(ref input, int.MaxValue, out ReadOnlySequence<byte> frame));
        var reader = new KafkaReader(frame);
        Assert.Equal(CorrelationId, KafkaFrame.ReadResponseHeader(ref reader, response.Api, version));
        response.Read(ref reader, version);
        reader.CheckEnd(response.GetType().Name);
        return response;
    }
}
