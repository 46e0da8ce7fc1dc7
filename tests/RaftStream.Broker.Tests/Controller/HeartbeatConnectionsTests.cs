using RaftStream.Broker.Controller;
using RaftStream.Broker.Tests.Clusters;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>A process that is gone is noticed by its connection .</summary>
public sealed class HeartbeatConnectionsTests
{
    private static readonly NodeId Four = new(4);

    private readonly List<NodeId> _gone = [];
    private readonly HeartbeatConnections _connections;

    public HeartbeatConnectionsTests() => _connections = new HeartbeatConnections(_gone.Add);

    [Fact]
    public void The_connection_that_carries_the_heartbeats_closes()
    {
        using var connection = new CancellationTokenSource();
        _connections.Heard(Four, connection.Token);
        _connections.Heard(Four, connection.Token);

        connection.Cancel();

        Assert.Equal([Four], _gone);
    }

    [Fact]
    public void A_connection_that_is_no_longer_used_says_nothing()
    {
        using var old = new CancellationTokenSource();
        using var current = new CancellationTokenSource();
        _connections.Heard(Four, old.Token);
        _connections.Heard(Four, current.Token);

        old.Cancel();
        Assert.Empty(_gone);
        current.Cancel();
        Assert.Equal([Four], _gone);
    }

    [Fact]
    public void A_heartbeat_that_is_taken_behind_the_news_does_not_hide_them()
    {
        using var connection = new CancellationTokenSource();
        _connections.Heard(Four, connection.Token);
        connection.Cancel();

        _connections.Answered(Four, connection.Token);

        Assert.Equal([Four, Four], _gone);
    }

    [Fact]
    public void A_late_answer_on_a_closed_connection_does_not_hurt_who_is_back()
    {
        using var old = new CancellationTokenSource();
        using var current = new CancellationTokenSource();
        _connections.Heard(Four, old.Token);
        old.Cancel();
        _connections.Heard(Four, current.Token);
        _gone.Clear();

        _connections.Answered(Four, old.Token);

        Assert.Empty(_gone);
    }

    [Fact]
    public void A_transport_that_cannot_tell_is_left_alone()
    {
        _connections.Heard(Four, CancellationToken.None);
        _connections.Answered(Four, CancellationToken.None);

        Assert.Empty(_gone);
    }

    [Fact]
    public async Task R_17_3_the_controller_fences_who_has_closed_long_before_its_session_is_over()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 3_600_000);
        await using var staying = new ControllerPeers();
        await StartAsync(cluster, staying, 5);
        await using (var leaving = new ControllerPeers())
        {
            await StartAsync(cluster, leaving, 4);
            Assert.True(cluster.Controller.Committed.Brokers.IsActive(Four));
        }

        await Eventually.TrueAsync(() => !cluster.Controller.Committed.Brokers.IsActive(Four));

        Assert.True(cluster.Controller.Committed.Brokers.IsActive(new NodeId(5)));
    }

    [Fact]
    public async Task R_17_3_only_the_connection_of_the_heartbeats_counts_and_they_have_one_of_their_own()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 3_600_000);
        await using var heartbeats = new ControllerPeers();
        await StartAsync(cluster, heartbeats, 4);
        await using (var other = new ControllerPeers())
        {
            await AskAsync(cluster, other, new ControllerRequest.DeleteTopics([], Guid.NewGuid()));
            await StartAsync(cluster, other, 5);
        }

        await Eventually.TrueAsync(() => !cluster.Controller.Committed.Brokers.IsActive(new NodeId(5)));

        Assert.True(cluster.Controller.Committed.Brokers.IsActive(Four));
    }

    [Fact]
    public async Task R_17_3_the_connection_of_a_heartbeat_that_is_not_the_registered_brokers_says_nothing_of_it()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 3_600_000);
        await using var heartbeats = new ControllerPeers();
        await StartAsync(cluster, heartbeats, 4);
        await using (var other = new ControllerPeers())
        {
            await StartAsync(cluster, other, 5);
            var stale = new Heartbeat(Four, BrokerEpoch.None, 0);
            ControllerAnswer answer = await AskAsync(cluster, other, new ControllerRequest.Beat(stale));
            Assert.Equal(ErrorCode.StaleBrokerEpoch, Assert.IsType<HeartbeatAnswer>(answer.Response).Error?.Code);
        }

        // Who came last to a connection is the first to be told of its end.
        await Eventually.TrueAsync(() => !cluster.Controller.Committed.Brokers.IsActive(new NodeId(5)));

        Assert.True(cluster.Controller.Committed.Brokers.IsActive(Four));
    }

    private static async Task StartAsync(SmallCluster cluster, ControllerPeers peers, int id)
    {
        var start = new BrokerStart
        {
            Id = new NodeId(id),
            IncarnationId = Guid.NewGuid(),
            LogDirectoryId = Guid.NewGuid(),
            Endpoints = [],
            Features = FeatureControl.Supported,
            PreviousEpoch = BrokerEpoch.None,
        };
        ControllerAnswer answer = await AskAsync(cluster, peers, new ControllerRequest.Register(SmallCluster.Id, start));
        BrokerEpoch epoch = Assert.IsType<RegistrationAnswer>(answer.Response).Epoch;
        var heartbeat = new Heartbeat(new NodeId(id), epoch, answer.MetadataEnd);
        Assert.False(Assert.IsType<HeartbeatAnswer>((await AskAsync(cluster, peers, new ControllerRequest.Beat(heartbeat))).Response).IsFenced);
    }

    private static async Task<ControllerAnswer> AskAsync(SmallCluster cluster, ControllerPeers peers, ControllerRequest request)
    {
        ControllerAnswer answer = await peers.AskAsync(cluster.ControllerEndpoint, request, TimeSpan.FromSeconds(10), default);
        Assert.Null(answer.Error);
        return answer;
    }
}
