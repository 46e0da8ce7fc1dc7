using System.Net.Sockets;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;
using RaftStream.Rpc.Server;
using RaftStream.Storage.Files;
using Xunit.Abstractions;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Five thousand connections that are idle, or each stop in the middle of something.</summary>
[Collection(nameof(AllocationTests))]
public sealed class HalfOpenCrowdTests(ITestOutputHelper output)
{
    private const int MostWanted = 5_000;
    private const int LeastWanted = 1_000;

    // Files of everything else in this process, and those that come and go.
    private const int OtherFiles = 200;
    private const int LargeRequest = 1 << 20;
    private const int Begun = 2008;
    private const int HeldByBegun = Begun + (64 << 10);
    private const int MostLargeRequests = 4;

    // Beside the block that the bytes are in: objects of the connection, its pipes and sockets, here and at the client's.
    private const int ObjectsOfConnection = 32 << 10;

    // The pool of blocks keeps so much of a burst, and the log of what another client produced is in memory.
    private const int KeptForReuse = 64 << 20;
    private const int Slack = 32 << 20;

    private static readonly (byte[] Bytes, bool HasBlock, bool IsCut)[] Kinds =
    [
        (Bytes: [], HasBlock: false, IsCut: false), // idle
        (Bytes: [0, 0], HasBlock: true, IsCut: false), // half a size
        (Bytes: [0, 0, 4, 0, .. "half"u8], HasBlock: true, IsCut: false), // half a header
        (Bytes: [0, 0, 0x10, 0, 0, 3, 0, 9], HasBlock: true, IsCut: false), // half a request
        (Bytes: [0, LargeRequest >> 16, 0, 0, 0, 0, 0, 9, .. new byte[2000]], HasBlock: true, IsCut: false), // much announced, little sent
        (Bytes: Convert.FromHexString("16030100c8010000c40303"), HasBlock: false, IsCut: true), // TLS to a port of cleartext
    ];

    [Fact]
    public async Task What_a_crowd_holds_is_bounded_by_the_settings_and_others_go_on()
    {
        int size = SizeOfCrowd();
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits
        {
            MaxReceivingBytes = MostLargeRequests * HeldByBegun,
            SmallRequestBytes = Begun / 2,
            ReceivePatience = TimeSpan.FromHours(1), // they are to stay
            StallTimeout = TimeSpan.FromHours(1),
            RequestTimeout = TimeSpan.FromHours(1),
        });
        Assert.Null((await door.Api.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false)).Single().Error);
        await using WireClient good = await door.ConnectAsync();
        await GoOnAsync(good, 0, () => false);
        int socketsBefore = OpenSockets();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var isHere = new CancellationTokenSource();
        Task<int> goesOn = GoOnAsync(good, 1, () => !isHere.IsCancellationRequested);
        List<Socket> crowd = [];
        try
        {
            for (int i = 0; i < size; i++)
            {
                var one = new Socket(SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(one);
                await one.ConnectAsync(door.Plain);
                await one.SendAsync(Kinds[i % Kinds.Length].Bytes);
            }

            int large = crowd.Where((_, i) => Kinds[i % Kinds.Length].Bytes.Length > 1000).Count();
            int stay = crowd.Where((_, i) => !Kinds[i % Kinds.Length].IsCut).Count();
            int blocks = crowd.Where((_, i) => Kinds[i % Kinds.Length].HasBlock).Count();
            await Eventually.TrueAsync(() => door.Door.ConnectionCount == stay + 1 && door.Door.RequestMemory.WaitingCount == large - MostLargeRequests);
            await isHere.CancelAsync();
            int next = await goesOn;
            long held = GC.GetTotalMemory(forceFullCollection: true) - before;
            output.WriteLine($"{size} connections, {stay} of them stay: {held / size} bytes each; meanwhile {next} produced and fetched by another client");

            Assert.Equal(MostLargeRequests * HeldByBegun, door.Door.RequestMemory.Taken);
            Assert.InRange(held, 0, ((long)size * ObjectsOfConnection) + ((long)blocks * new RpcServerLimits().MemoryBlockBytes));
            await using WireClient newcomer = await door.ConnectAsync();
            next = await GoOnAsync(newcomer, next, () => false);
            await GoOnAsync(good, next, () => false);
            for (int i = 0; i < size; i++)
            {
                Assert.Equal(Kinds[i % Kinds.Length].IsCut, await IsCutAsync(crowd[i], Kinds[i % Kinds.Length].IsCut));
            }
        }
        finally
        {
            crowd.ForEach(one => one.Dispose());
            crowd.Clear();
        }

        await Eventually.TrueAsync(() => door.Door is { ConnectionCount: 1, RequestMemory: { Taken: 0, WaitingCount: 0 }, AnswerMemory.Taken: 0 });
        await Eventually.TrueAsync(() => OpenSockets() <= socketsBefore);
        await Eventually.TrueAsync(() => GC.GetTotalMemory(forceFullCollection: true) - before < KeptForReuse + Slack);
    }

    /// <summary>Both ends of each connection are in this process.</summary>
    private static int SizeOfCrowd()
    {
        long most = PhysicalFileSystem.Instance.MaxOpenFiles;
        int size = (int)Math.Min(MostWanted, (most - OpenFiles().Length - OtherFiles) / 2);
        Assert.True(size >= LeastWanted, $"{most} open files are allowed (ulimit -n): too few for a crowd.");
        return size;
    }

    private static string[] OpenFiles() => Directory.GetFileSystemEntries("/proc/self/fd");

    private static int OpenSockets() => OpenFiles().Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>Produces one record after the other and fetches it, once and then while <paramref name="more"/> says so.</summary>
    /// <returns>The next offset.</returns>
    private static async Task<int> GoOnAsync(WireClient client, int next, Func<bool> more)
    {
        do
        {
            ProduceRequest produce = ProduceTests.One("orders", default, 9, Batches.Of($"{next}"));
            Assert.Equal(next, ProduceTests.Only(await client.CallAsync<ProduceResponse>(produce, 9)).BaseOffset);
            FetchRequest fetch = FetchTests.One("orders", default, 12, next);
            Assert.Equal([$"{next}"], Batches.Values(FetchTests.Only(await client.CallAsync<FetchResponse>(fetch, 12)).Records));
            next++;
        }
        while (more());
        return next;
    }

    /// <param name="waits">Waits until it is; otherwise tells whether it is by now.</param>
    private static async Task<bool> IsCutAsync(Socket one, bool waits)
    {
        try
        {
            return waits ? await one.ReceiveAsync(new byte[1]) == 0 : one.Poll(0, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return true; // reset
        }
    }
}
