using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Handlers.Cluster;

namespace RaftStream.Kafka.Tests.Handlers;

/// <summary>What is advertised is served: each API answers in each of its versions (E.3 8).</summary>
public sealed class EveryVersionTests
{
    private static readonly ServedApis Served = ServedByHandlers.Create(Quorums.OfThree());

    public static TheoryData<string, int> All()
    {
        var all = new TheoryData<string, int>();
        foreach (ServedApi api in Served.InOrder)
        {
            for (int version = api.MinVersion; version <= api.MaxVersion; version++)
            {
                if (api.Serves((short)version))
                {
                    all.Add(api.Info.Name, version);
                }
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_empty_request_is_answered(string name, int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        ApiInfo info = Served.InOrder.Single(api => api.Info.Name == name).Info;

        IKafkaMessage request = info.NewRequest();
        if (request is ProduceRequest produce)
        {
            produce.Acks = -1; // at 0 no answer is wanted
        }

        await HandlerCalls.AnswerAsync(Served, broker.Api, request, (short)version);
    }
}
