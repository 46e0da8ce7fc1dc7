using System.Buffers;
using RaftStream.Broker;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Fetching;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>How a request ended.</summary>
/// <param name="Response">Null when not a byte was sent.</param>
/// <param name="ClosesConnection">The connection is closed instead of an answer.</param>
internal sealed record ExchangeOutcome<TResponse>(TResponse? Response, bool ClosesConnection)
    where TResponse : class;

/// <summary>One request on its way through an exchange, as a connection would drive it.</summary>
internal sealed class RunningExchange<TResponse>
    where TResponse : class, IKafkaMessage, new()
{
    private const int CorrelationId = 4711;

    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _frame;
    private readonly short _version;

    /// <summary>Encodes the request and begins it.</summary>
    public RunningExchange(BrokerApi api, IKafkaMessage request, int version, string listener, CancellationToken aborted)
    {
        _version = (short)version;
        var bytes = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(bytes, request, new RequestHeader((short)request.Api, _version, CorrelationId, "tests"));
        _frame = bytes.WrittenSpan[KafkaFrame.SizeBytes..].ToArray();
        var reader = new KafkaReader(new ReadOnlySequence<byte>(_frame));
        RequestHeader header = RequestHeader.Read(ref reader);
        ServedApi served = ServedByHandlers.Create().Find(header.ApiKey)!;
        Assert.True(served.Serves(header.ApiVersion), $"{served.Info.Name} is not served in version {version}.");
        Exchange = served.NewExchange(served);
        Exchange.Begin(header, 0, _ => _answered.SetResult());
        Exchange.Read(ref reader);
        Running = RunAsync(new RequestScope(api, _version, "tests", new ClientConnection(listener, "127.0.0.1:4711", aborted)));
    }

    /// <summary>The exchange.</summary>
    public Exchange Exchange { get; }

    /// <summary>Completes when the frame's memory is free again.</summary>
    public Task Running { get; }

    /// <summary>The answer as the client gets it, bytes of logs in their places.</summary>
    public async Task<ExchangeOutcome<TResponse>> AnswerAsync()
    {
        await Running;
        await _answered.Task;
        try
        {
            return Exchange.IsSilent || Exchange.ClosesConnection
                ? new ExchangeOutcome<TResponse>(null, Exchange.ClosesConnection)
                : new ExchangeOutcome<TResponse>(Decode(Send()), false);
        }
        finally
        {
            Exchange.Release();
        }
    }

    private async Task RunAsync(RequestScope scope)
    {
        await Exchange.RunAsync(scope);
        _frame.AsSpan().Fill(0xEE); // others may have this memory now
    }

    private byte[] Send()
    {
        var skeleton = new ArrayBufferWriter<byte>();
        var holes = new FrameHoles();
        int size = KafkaFrame.WriteResponse(skeleton, Exchange.Response, _version, CorrelationId, holes);
        var sent = new ArrayBufferWriter<byte>();
        int at = 0;
        for (int i = 0; i < holes.Count; i++)
        {
            sent.Write(skeleton.WrittenSpan[at..holes[i].Position]);
            Span<byte> hole = sent.GetSpan(holes[i].Length)[..holes[i].Length];
            Assert.Equal(hole.Length, ((SliceSource)holes[i].Source).Slice.Length); // it is sent as a whole
            Assert.Equal(hole.Length, ((SliceSource)holes[i].Source).Slice.CopyTo(hole, 0));
            sent.Advance(hole.Length);
            at = holes[i].Position;
        }

        sent.Write(skeleton.WrittenSpan[at..]);
        Assert.Equal(size, sent.WrittenCount);
        return sent.WrittenSpan.ToArray();
    }

    private TResponse Decode(byte[] bytes)
    {
        var response = new TResponse();
        var input = new ReadOnlySequence<byte>(bytes);
        Assert.True(KafkaFrame.TryRead(ref input, int.MaxValue, out ReadOnlySequence<byte> frame));
        var reader = new KafkaReader(frame);
        Assert.Equal(CorrelationId, KafkaFrame.ReadResponseHeader(ref reader, response.Api, _version));
        response.Read(ref reader, _version);
        reader.CheckEnd(typeof(TResponse).Name);
        return response;
    }
}

/// <summary>Short words for requests of the data path.</summary>
internal static class DataCalls
{
    /// <summary>Begins a request.</summary>
    public static RunningExchange<TResponse> Begin<TResponse>(
        this BrokerApi api, IKafkaMessage request, int version, string listener = KafkaBroker.Listener, CancellationToken aborted = default)
        where TResponse : class, IKafkaMessage, new() => new(api, request, version, listener, aborted);

    /// <summary>Has a request answered.</summary>
    public static async Task<TResponse> AskAsync<TResponse>(
        this BrokerApi api, IKafkaMessage request, int version, string listener = KafkaBroker.Listener)
        where TResponse : class, IKafkaMessage, new()
    {
        ExchangeOutcome<TResponse> outcome = await api.Begin<TResponse>(request, version, listener).AnswerAsync();
        Assert.False(outcome.ClosesConnection);
        return Assert.IsType<TResponse>(outcome.Response);
    }
}
