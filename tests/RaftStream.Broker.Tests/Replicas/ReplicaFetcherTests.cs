using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Replicas;

/// <summary>Leaders that cannot be followed: this node goes on, and says so once .</summary>
public sealed class ReplicaFetcherTests
{
    [Theory]
    [InlineData("no host, no name")]
    [InlineData("")]
    public Task An_address_that_is_none_stops_nobody(string host) => FollowAsync(new BrokerEndpoint(ReplicaChannels.Protocol, host, 9092));

    [Fact]
    public async Task A_peer_that_does_not_speak_the_protocol_stops_nobody()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        Task talking = Task.Run(async () =>
        {
            using TcpClient client = await peer.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("220 this is something else\r\n"u8.ToArray());
        });

        await FollowAsync(new BrokerEndpoint(ReplicaChannels.Protocol, "127.0.0.1", ((IPEndPoint)peer.LocalEndpoint).Port));
        await talking;
    }

    private static async Task FollowAsync(BrokerEndpoint endpoint)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        PartitionCell cell = (await broker.CreateAsync("t")).Cell;
        await using var channels = new ReplicaChannels(tls: null);
        channels.Update(new BrokersImage(ImmutableSortedDictionary<NodeId, BrokerRegistration>.Empty.Add(new NodeId(9), new BrokerRegistration
        {
            Id = new NodeId(9),
            Epoch = new BrokerEpoch(1),
            IncarnationId = Guid.NewGuid(),
            LogDirectoryId = Guid.NewGuid(),
            Endpoints = [endpoint],
            Fenced = false,
        })));
        var warnings = new Warnings();
        using var stopping = new CancellationTokenSource();
        var fetcher = new ReplicaFetcher(channels, new NodeId(9), new NodeId(1), new BrokerIdentity(), warnings);
        fetcher.Attach(cell);
        Task running = fetcher.RunAsync(stopping.Token);

        Assert.StartsWith("Leader 9 cannot be followed now", await warnings.First.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
        Assert.False(running.IsCompleted);

        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class Warnings : ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _first.TrySetResult(formatter(state, exception));
    }
}
