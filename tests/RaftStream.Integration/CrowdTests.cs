using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using Xunit.Abstractions;

namespace RaftStream.Integration;

/// <summary>Many clients, and clients that do not do their part: memory stays within bounds, others are served.</summary>
public sealed class CrowdTests(ITestOutputHelper output) : BrokerTest
{
    private const long Megabyte = 1_000_000;

    [Fact]
    public async Task Clients_that_stop_reading_cost_little_and_hold_nobody_up()
    {
        const int Clients = 20;
        BrokerProcess broker = await StartReadyAsync("--log-flush=os");
        ThinClient client = ClientOf(broker);
        await client.CreateTopicAsync("large");
        byte[] batch = ThinClient.Batch(new string('x', 1_000_000));
        for (int i = 0; i < 64; i++)
        {
            Assert.Null((await client.ProduceBatchAsync("large", 0, batch)).Error);
        }

        await client.MustBeServedAsync();
        long before = broker.ResidentBytes;
        var stalled = new List<RawHttp2>();
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                RawHttp2 connection = await RawHttp2.ConnectAsync(broker.Setup.GrpcPort);
                stalled.Add(connection);
                await connection.HandshakeAsync();
                await connection.CallAsync(stream: 1, "/raftstream.client.v1.Log/Consume", ReadAll("large"));
            }

            // Others are served meanwhile, again and again, so that the stalled streams get their chance to grow.
            for (int i = 0; i < 20; i++)
            {
                await client.MustBeServedAsync();
            }

            long growth = broker.ResidentBytes - before;
            output.WriteLine($"{Clients} stalled connections: resident {before / Megabyte} MB, +{growth / Megabyte} MB");
            Assert.True(growth < Clients * 12 * Megabyte, $"{growth / Megabyte} MB more for {Clients} clients that read nothing");
        }
        finally
        {
            stalled.ForEach(connection => connection.Dispose());
        }

        await client.MustBeServedAsync();
    }

    [Fact]
    public async Task Two_thousand_idle_connections_cost_little_and_hold_nobody_up()
    {
        const int Connections = 2000;
        BrokerProcess broker = await StartReadyAsync();
        ThinClient client = ClientOf(broker);
        await client.MustBeServedAsync();
        long before = broker.ResidentBytes;
        var idle = new List<RawHttp2>();
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                idle.Add(await RawHttp2.ConnectAsync(broker.Setup.GrpcPort));
                await idle[^1].HandshakeAsync();
            }

            await client.MustBeServedAsync();

            long growth = broker.ResidentBytes - before;
            output.WriteLine($"{Connections} idle connections: resident {before / Megabyte} MB, +{growth / Megabyte} MB, {growth / Connections} bytes each");
            Assert.True(growth < 300 * Megabyte, $"{growth / Megabyte} MB for {Connections} idle connections");
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        await client.MustBeServedAsync();
    }

    [Fact]
    public async Task Connections_above_the_limit_are_closed_and_room_is_given_back()
    {
        BrokerProcess broker = await StartReadyAsync("--max-connections=20");
        var idle = new List<RawHttp2>();
        for (int i = 0; i < 40; i++)
        {
            idle.Add(await RawHttp2.ConnectAsync(broker.Setup.GrpcPort));
        }

        idle.ForEach(connection => connection.Dispose());

        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    await using var client = new ThinClient(broker);
                    await client.MustBeServedAsync();
                    return true;
                }
                catch (global::Grpc.Core.RpcException)
                {
                    return false; // the broker has not seen yet that they are gone
                }
            },
            () => broker.Log.Text);
    }

    private static ConsumeRequest ReadAll(string topic) =>
        new() { Partitions = { new FetchPartition { Topic = new TopicRef { Name = topic } } } };

    private static FetchRequest FetchAll(string topic) => new()
    {
        Partitions = { new FetchPartition { Topic = new TopicRef { Name = topic }, MaxBytes = 50 << 20 } },
    };
}
