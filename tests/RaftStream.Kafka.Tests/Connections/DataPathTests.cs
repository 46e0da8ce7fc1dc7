using System.Diagnostics.Metrics;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Runs alone: metrics are the process's, not a broker's.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Records through real sockets, from and to real files.</summary>
[Collection(nameof(Alone))]
public sealed class DataPathTests
{
    private const string Topic = "orders";
    private const int Version = 12;

    [Theory]
    [InlineData(false, "sendfile")]
    [InlineData(true, "copy")]
    public async Task What_is_large_leaves_by_sendfile_and_TLS_copies(bool tls, string path)
    {
        using var sent = new FileBytes();
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(tls ? door.Tls : door.Plain, tls);
        string[] values = [.. Enumerable.Range(0, 60).Select(i => new string((char)('a' + (i % 26)), 20_000))];
        foreach (string value in values)
        {
            await ProduceAsync(client, value);
        }

        List<string> found = [];
        while (found.Count < values.Length)
        {
            found.AddRange(Batches.Values((await FetchAsync(client, found.Count)).Records));
        }

        Assert.Equal(values, found);
        Assert.InRange(sent.By(path), 60 * 20_000, long.MaxValue);
    }

    [Fact]
    public async Task What_is_small_leaves_in_one_piece()
    {
        using var sent = new FileBytes();
        await using OpenDoor door = await StartAsync(partitions: 3);
        await using WireClient client = await door.ConnectAsync();
        for (int partition = 0; partition < 3; partition++)
        {
            await ProduceAsync(client, $"value {partition}", partition);
        }

        FetchResponse response = await client.CallAsync<FetchResponse>(Fetch(0, 0, 1, 2), Version);

        for (int partition = 0; partition < 3; partition++)
        {
            Assert.Equal([$"value {partition}"], Batches.Values(response.Responses[0].Partitions[partition].Records));
        }

        Assert.Equal(0, sent.By("sendfile"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_that_does_not_read_keeps_nobody_else_waiting_and_gets_everything_in_the_end(bool tls)
    {
        await using OpenDoor door = await StartAsync(new KafkaLimits { StallTimeout = TimeSpan.FromMilliseconds(1) });
        await using WireClient good = await door.ConnectAsync();
        string value = new('x', 900_000);
        for (int i = 0; i < 8; i++)
        {
            await ProduceAsync(good, value);
        }

        await using WireClient slow = await WireClient.ConnectAsync(tls ? door.Tls : door.Plain, tls, receiveBuffer: 4096);
        for (int i = 0; i < 20; i++)
        {
            await slow.SendAsync(Fetch(0), Version, correlationId: i);
        }

        for (int i = 0; i < 20; i++)
        {
            await ProduceAsync(good, "small");
            await FetchAsync(good, 8 + i);
        }

        for (int i = 0; i < 20; i++)
        {
            FetchResponse response = await slow.ReadAsync<FetchResponse>(Version, i);
            Assert.Equal(value, Batches.Values(response.Responses[0].Partitions[0].Records)[0]);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Who_goes_with_answers_unread_is_sent_no_more_of_them(bool tls, bool orderly)
    {
        using var sent = new FileBytes();
        await using OpenDoor door = await StartAsync();
        await using WireClient good = await door.ConnectAsync();
        for (int i = 0; i < 8; i++)
        {
            await ProduceAsync(good, new string('x', 900_000));
        }

        FetchRequest everything = Fetch(0);
        everything.Topics[0].Partitions[0].PartitionMaxBytes = 8 << 20;
        List<WireClient> gone = [];
        for (int i = 0; i < 4; i++)
        {
            WireClient one = await WireClient.ConnectAsync(tls ? door.Tls : door.Plain, tls, receiveBuffer: 4096);
            gone.Add(one);
            for (int k = 0; k < 100; k++)
            {
                await one.SendAsync(everything, Version, correlationId: k);
            }
        }

        foreach (WireClient one in gone)
        {
            await (orderly ? one.DisposeAsync() : one.CutAsync());
        }

        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 1);
        Assert.InRange(sent.By("copy") + sent.By("sendfile"), 0, 4 * 8_000_000); // of 4 * 100 answers of 7,200,000
    }

    [Fact]
    public async Task Who_goes_while_its_fetch_waits_leaves_nothing_behind()
    {
        await using OpenDoor door = await StartAsync();
        WireClient client = await door.ConnectAsync();
        FetchRequest forLong = Fetch(0);
        forLong.MaxWaitMs = 300_000;
        await client.SendAsync(forLong, Version);
        await Eventually.TrueAsync(() => Parked(door) == 1);

        await client.DisposeAsync();

        await Eventually.TrueAsync(() => Parked(door) == 0 && door.Door.ConnectionCount == 0);
    }

    [Fact]
    public async Task Pipelined_batches_are_appended_and_answered_in_order()
    {
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await door.ConnectAsync();
        var sent = new List<byte>();
        for (int i = 0; i < 500; i++)
        {
            sent.AddRange(WireClient.Encode(Produce($"value {i}", 0, acks: i % 7 == 3 ? (short)0 : (short)-1), 9, i));
        }

        Task sending = client.SendAsync([.. sent]);

        for (int i = 0; i < 500; i++)
        {
            if (i % 7 != 3)
            {
                ProduceResponse response = await client.ReadAsync<ProduceResponse>(9, i);
                Assert.Equal(i, response.Responses[0].PartitionResponses[0].BaseOffset);
            }
        }

        await sending;
        List<string> values = [];
        while (values.Count < 500)
        {
            values.AddRange(Batches.Values((await FetchAsync(client, values.Count)).Records));
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"value {i}"), values);
    }

    [Fact]
    public async Task E3_10_who_wants_no_answer_is_told_of_an_error_by_a_closed_connection()
    {
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await door.ConnectAsync();

        await client.SendAsync(Produce("lost", partition: 7, acks: 0), 9);

        Assert.Null(await client.ReadFrameAsync());
    }

    private static async Task<OpenDoor> StartAsync(KafkaLimits? limits = null, int partitions = 1)
    {
        OpenDoor door = await OpenDoor.StartAsync(limits, onDisk: true);
        TopicOutcome created = (await door.Api.Admin.CreateTopicsAsync([new NewTopic { Name = Topic, Partitions = partitions }], validateOnly: false))[0];
        Assert.Null(created.Error);
        return door;
    }

    private static int Parked(OpenDoor door)
    {
        int parked = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "raftstream.fetch.parked")
                {
                    self.EnableMeasurementEvents(instrument, door);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => parked += (int)value);
        listener.Start();
        listener.RecordObservableInstruments();
        return parked;
    }

    private static async Task ProduceAsync(WireClient client, string value, int partition = 0)
    {
        ProduceResponse response = await client.CallAsync<ProduceResponse>(Produce(value, partition, acks: -1), Version);
        Assert.Equal(0, response.Responses[0].PartitionResponses[0].ErrorCode);
    }

    private static async Task<FetchResponse.PartitionData> FetchAsync(WireClient client, long offset)
    {
        FetchResponse response = await client.CallAsync<FetchResponse>(Fetch(offset), Version);
        Assert.Equal(0, response.Responses[0].Partitions[0].ErrorCode);
        return response.Responses[0].Partitions[0];
    }

    private static ProduceRequest Produce(string value, int partition, short acks)
    {
        var request = new ProduceRequest { Acks = acks, TimeoutMs = 30_000 };
        ProduceRequest.TopicProduceData topic = request.TopicData.Add();
        topic.Name = Topic;
        ProduceRequest.PartitionProduceData data = topic.PartitionData.Add();
        data.Index = partition;
        data.Records = Batches.Of(value);
        return request;
    }

    private static FetchRequest Fetch(long offset, params int[] partitions)
    {
        var request = new FetchRequest { MaxWaitMs = 10_000, MinBytes = 1, MaxBytes = 8 << 20 };
        FetchRequest.FetchTopic topic = request.Topics.Add();
        topic.Topic = Topic;
        foreach (int partition in partitions is [] ? [0] : partitions)
        {
            FetchRequest.FetchPartition asked = topic.Partitions.Add();
            asked.Partition = partition;
            asked.FetchOffset = offset;
            asked.PartitionMaxBytes = 1 << 20;
        }

        return request;
    }

    /// <summary>What doors say of how bytes of files left.</summary>
    private sealed class FileBytes : IDisposable
    {
        private readonly Dictionary<string, long> _byPath = [];
        private readonly MeterListener _listener = new();

        public FileBytes()
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "raftstream.kafka.fetch.bytes")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, bytes, tags, _) =>
            {
                lock (_byPath)
                {
                    string path = (string)tags[0].Value!;
                    _byPath[path] = _byPath.GetValueOrDefault(path) + bytes;
                }
            });
            _listener.Start();
        }

        public long By(string path)
        {
            lock (_byPath)
            {
                return _byPath.GetValueOrDefault(path);
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
