using System.Buffers;
using RaftStream.Broker;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>The cost of a request in allocated bytes, from its frame to its written answer; stable where time is not.</summary>
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    private const int Rounds = 2000;

    /// <summary>The position that an append publishes to readers of the log is one small object.</summary>
    private const int PublishedPosition = 32;

    [Theory]
    [InlineData(9)]
    [InlineData(13)]
    public async Task Produce_allocates_what_the_log_does(int version)
    {
        await using PhysicalBroker broker = await PhysicalBroker.StartAsync();
        Guid id = (await broker.CreateAsync("orders", "os")).TopicId.Value;
        var request = new RepeatedRequest(broker.Api, ProduceTests.One("orders", id, version, Batches.Of("a", "b")), version);

        Assert.InRange(Measure(request.Run), 0, PublishedPosition);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Fetch_allocates_nothing(int version)
    {
        await using PhysicalBroker broker = await PhysicalBroker.StartAsync();
        Guid id = (await broker.CreateAsync("orders", "os")).TopicId.Value;
        new RepeatedRequest(broker.Api, ProduceTests.One("orders", id, 9, Batches.Of("a", "b")), 9).Run();
        var request = new RepeatedRequest(broker.Api, FetchTests.One("orders", id, version, 0), version);

        Assert.Equal(0, Measure(request.Run));
    }

    [Fact]
    public async Task A_fetch_that_waits_allocates_next_to_nothing()
    {
        await using PhysicalBroker broker = await PhysicalBroker.StartAsync();
        Guid id = (await broker.CreateAsync("orders", "os")).TopicId.Value;
        var produce = new RepeatedRequest(broker.Api, ProduceTests.One("orders", id, 9, Batches.Of("a", "b")), 9);
        long end = 0;
        FetchRequest asked = FetchTests.One("orders", id, 13, 0, maxWaitMs: 300_000);
        var fetch = new RepeatedRequest(broker.Api, asked, 13);

        long allocated = Measure(() =>
        {
            asked.Topics[0].Partitions[0].FetchOffset = end;
            fetch.Encode();
            ValueTask waiting = fetch.BeginAsync();
            Assert.False(waiting.IsCompleted);
            produce.Run();
            end += 2;
            SpinWait.SpinUntil(() => waiting.IsCompleted);
            waiting.GetAwaiter().GetResult();
            fetch.End();
        });

        Assert.InRange(allocated, 0, 600);
    }

    private static long Measure(Action action)
    {
        for (int i = 0; i < 500; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }

    /// <summary>The same request again and again through one exchange, as on one connection.</summary>
    private sealed class RepeatedRequest
    {
        private readonly IKafkaMessage _request;
        private readonly short _version;
        private readonly Exchange _exchange;
        private readonly RequestScope _scope;
        private readonly StringCache _strings = new();
        private readonly ArrayBufferWriter<byte> _frame = new();
        private readonly ArrayBufferWriter<byte> _answer = new();
        private readonly FrameHoles _holes = new();
        private readonly Action<Exchange> _onAnswered = _ => { };

        public RepeatedRequest(BrokerApi api, IKafkaMessage request, int version)
        {
            _request = request;
            _version = (short)version;
            ServedApi served = ServedByHandlers.Create().Find((short)request.Api)!;
            _exchange = served.NewExchange(served);
            _scope = new RequestScope(api, _version, "tests", new ClientConnection(KafkaBroker.Listener, "", new CancellationTokenSource().Token));
            Encode();
        }

        public void Encode()
        {
            _frame.ResetWrittenCount();
            KafkaFrame.WriteRequest(_frame, _request, new RequestHeader((short)_request.Api, _version, 1, "tests"));
        }

        public void Run()
        {
            ValueTask running = BeginAsync();
            if (!running.IsCompleted)
            {
                throw new InvalidOperationException("The request waits.");
            }

            running.GetAwaiter().GetResult();
            End();
        }

        public ValueTask BeginAsync()
        {
            var reader = new KafkaReader(new ReadOnlySequence<byte>(_frame.WrittenMemory[KafkaFrame.SizeBytes..]), strings: _strings);
            _exchange.Begin(RequestHeader.Read(ref reader), 0, _onAnswered);
            _exchange.Read(ref reader);
            return _exchange.RunAsync(_scope);
        }

        public void End()
        {
            Assert.True(_exchange.IsAnswered);
            _answer.ResetWrittenCount();
            _holes.Clear();
            KafkaFrame.WriteResponse(_answer, _exchange.Response, _version, 1, _holes);
            _exchange.Release();
        }
    }
}

/// <summary>Alone: other tests on the same threads would be counted.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationsAlone;
