using System.Net;
using System.Net.Sockets;
using RaftStream.Broker.Controller;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Raft;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>Calls to a controller that takes connections and never says a word.</summary>
public sealed class ControllerPeersTests : IDisposable
{
    private static readonly ControllerRequest Request = new ControllerRequest.Beat(new Heartbeat(new NodeId(4), new BrokerEpoch(7), 8));

    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    public ControllerPeersTests() => _silent.Start();

    private RaftEndpoint Silent => new("127.0.0.1", ((IPEndPoint)_silent.LocalEndpoint).Port);

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_no_controller()
    {
        await using var peers = new ControllerPeers();

        ControllerAnswer answer = await peers.AskAsync(Silent, Request, TimeSpan.FromMilliseconds(50), default);

        Assert.Equal(ErrorCode.NotController, answer.Error?.Code);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_of_the_call_that_ended()
    {
        // The gateway's own limit ends a call like this; an error of the call would end the process.
        await using var peers = new ControllerPeers();
        using var giveUp = new CancellationTokenSource();
        Task<ControllerAnswer> asking = peers.AskAsync(Silent, Request, TimeSpan.FromMinutes(1), giveUp.Token);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    public void Dispose() => _silent.Dispose();
}
