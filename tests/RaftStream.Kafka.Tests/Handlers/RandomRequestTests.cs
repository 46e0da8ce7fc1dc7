using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Kafka.Protocol.Tests.Reference;
using RaftStream.Kafka.Tests.Handlers.Cluster;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers;

/// <summary>Requests of every API in every version, of any values that the schema allows, are answered: errors are told, and the answer can be encoded.</summary>
public sealed class RandomRequestTests
{
    private const int RequestsPerVersion = 25;
    private static readonly ServedApis Served = ServedByHandlers.Create(Quorums.OfThree());

    /// <summary>Words that mean something to one API or another.</summary>
    private static readonly string[] Words =
    [
        "orders", "audit", "fresh", "", "a/b", "__cluster_metadata", "1", "2", "retention.ms", "cleanup.policy", "fetch.max.bytes", "delete", "1000", "metadata.version",
    ];

    private static readonly long[] Numbers = [-2, -1, 0, 1, 2, 3, 4, 8, 100];

    /// <summary>All but those whose answers are no single message: produce may have none, fetch leaves holes.</summary>
    public static TheoryData<string> Names =>
        [.. Served.InOrder.Where(api => api.Info.Key is not (ApiKey.Produce or ApiKey.Fetch)).Select(api => api.Info.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Any_request_is_answered(string name)
    {
        ServedApi served = Served.InOrder.Single(api => api.Info.Name == name);
        ApiSchema schema = Schemas.Of(served.Info.Key);
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        for (short version = served.MinVersion; version <= served.MaxVersion; version++)
        {
            for (int seed = 0; seed < RequestsPerVersion; seed++)
            {
                await PrepareAsync(broker);
                var prng = new Prng((ulong)((version * 1000) + seed));
                Tree tree = Tree.Random(schema.Request!, version, prng);
                Sensible(tree, prng, broker);
                byte[] body = new ReferenceEncoder(schema, version).Encode(schema.Request!, tree);
                try
                {
                    await HandlerCalls.AnswerAsync(Served, broker.Api, served.Info.Key, body, version);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"{name} {version}, seed {seed}: {tree}", exception);
                }
            }
        }

        await broker.CreateAsync("afterwards");
    }

    private static async Task PrepareAsync(KafkaBroker broker)
    {
        foreach ((string topic, int partitions) in new[] { ("orders", 3), ("audit", 1) })
        {
            if (broker.Find(topic) is null)
            {
                await broker.CreateAsync(topic, partitions);
                await broker.AppendAsync(topic, 0, "a", "b");
            }
        }
    }

    /// <summary>Puts values that mean something into most places: words that mean nothing come no further than the first check.</summary>
    private static void Sensible(Tree tree, Prng prng, KafkaBroker broker)
    {
        foreach (string field in tree.Values.Keys.ToList())
        {
            tree.Values[field] = Sensible(tree.Values[field], prng, broker);
        }
    }

    private static object? Sensible(object? value, Prng prng, KafkaBroker broker)
    {
        switch (value)
        {
            case Tree tree:
                Sensible(tree, prng, broker);
                return tree;
            case List<object?> list:
                return list.ConvertAll(one => Sensible(one, prng, broker));
            default:
                return prng.OneIn(6) ? value : value switch
                {
                    string => Words[prng.Next(Words.Length)],
                    Guid => prng.OneIn(2) ? Guid.Empty : broker.Find("orders")?.Id.Value ?? Guid.Empty,
                    sbyte => (sbyte)prng.Next(5),
                    short => (short)Number(prng),
                    int => (int)Number(prng),
                    long => Number(prng),
                    _ => value,
                };
        }
    }

    private static long Number(Prng prng) => Numbers[prng.Next(Numbers.Length)];
}
