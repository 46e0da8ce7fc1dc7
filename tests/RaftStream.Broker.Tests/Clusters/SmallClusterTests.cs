using System.Collections.Immutable;
using RaftStream.Broker.Controller;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Clusters;

/// <summary>Brokers of a cluster: registered, heard of, followers of the metadata log (C-12.3, C-14.9, C-14.10).</summary>
public sealed class SmallClusterTests
{
    [Fact]
    public async Task C_14_9_brokers_register_are_unfenced_and_see_each_other()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        BrokerNode five = await cluster.StartBrokerAsync(5);

        await Eventually.TrueAsync(() => four.Api!.Image.Brokers.IsActive(new NodeId(5)));

        Assert.True(five.Api!.Image.Brokers.IsActive(new NodeId(4)));
        Assert.Null(four.NotReadyReason);
    }

    [Fact]
    public async Task A_topic_made_through_one_broker_is_there_when_it_is_answered_and_spreads_over_all()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        BrokerNode five = await cluster.StartBrokerAsync(5);

        ImmutableArray<TopicOutcome> outcomes = await four.Api!.Admin.CreateTopicsAsync([new NewTopic { Name = "orders", Partitions = 6 }], validateOnly: false);
        TopicImage topic = four.Api.Image.Topics.Find("orders")!;
        await Eventually.TrueAsync(() => five.Api!.Image.Topics.Find("orders") is not null);

        Assert.Null(outcomes[0].Error);
        Assert.Equal([4, 5], topic.Partitions.Select(partition => partition.Leader.Value).Distinct().Order());
        Assert.Equal(3, topic.Partitions.Count(partition => partition.Leader.Value == 4));
    }

    [Fact]
    public async Task C_14_4_a_create_whose_answer_was_lost_is_made_again_without_error()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        BrokerNode five = await cluster.StartBrokerAsync(5);
        var asked = new NewTopic { Name = "orders", Partitions = 2, Id = new TopicId(Guid.NewGuid()) };

        ImmutableArray<TopicOutcome> first = await four.Api!.Admin.CreateTopicsAsync([asked], validateOnly: false);
        ImmutableArray<TopicOutcome> again = await five.Api!.Admin.CreateTopicsAsync([asked], validateOnly: false);
        ImmutableArray<TopicOutcome> other = await five.Api.Admin.CreateTopicsAsync([asked with { Id = TopicId.None }], validateOnly: false);

        Assert.Null(again[0].Error);
        Assert.Equal(first[0], again[0]);
        Assert.Equal(asked.Id, again[0].Topic.Id);
        Assert.Equal(ErrorCode.TopicAlreadyExists, other[0].Error?.Code);
    }

    [Fact]
    public async Task Configs_partitions_and_deletion_go_through_the_controller()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        var topic = new TopicReference("orders", TopicId.None);
        await four.Api!.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false);

        ImmutableArray<ConfigOutcome> altered = await four.Api.Admin.AlterConfigsAsync(
            [new ConfigAlteration(ConfigOwner.Topic("orders"), [new ConfigChange("retention.ms", "1000"), new ConfigChange("flush", null)])], validateOnly: false);
        ImmutableArray<TopicOutcome> grown = await four.Api.Admin.CreatePartitionsAsync([new NewPartitions(topic, 3)], validateOnly: false);
        ImmutableArray<TopicOutcome> refused = await four.Api.Admin.CreatePartitionsAsync([new NewPartitions(topic, 2)], validateOnly: false);

        Assert.Null(altered[0].Error);
        Assert.Null(grown[0].Error);
        Assert.NotNull(refused[0].Error);
        Assert.Contains(four.Api.Admin.DescribeConfigs("orders")!, config => config.Key.Name == "retention.ms" && config.Value == "1000");
        Assert.Equal(3, four.Api.Image.Topics.Find("orders")!.Partitions.Count);
        Assert.Null((await four.Api.Admin.DeleteTopicsAsync([topic]))[0].Error);
        Assert.Null(four.Api.Image.Topics.Find("orders"));
    }

    [Fact]
    public async Task C_14_10_a_broker_that_stops_in_good_order_is_not_missed()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600_000);
        BrokerNode four = await cluster.StartBrokerAsync(4);

        await four.StopAsync();

        Assert.False(cluster.Controller.Committed.Brokers.IsActive(new NodeId(4)));
    }

    [Fact]
    public async Task C_14_10_a_broker_that_goes_silent_is_fenced_and_unfenced_when_it_is_back()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 300);
        var directory = Guid.NewGuid();
        BrokerNode first = await cluster.StartBrokerAsync(4, directory);

        await first.DisposeAsync();
        await Eventually.TrueAsync(() => cluster.Controller.Committed.Brokers.Find(new NodeId(4)) is { Fenced: true });
        BrokerNode second = await cluster.StartBrokerAsync(4);

        Assert.True(cluster.Controller.Committed.Brokers.IsActive(new NodeId(4)));
        Assert.Null(second.NotReadyReason);
    }

    [Fact]
    public async Task C_14_8_a_broker_is_forgotten_only_once_it_has_stopped()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        var request = new ControllerRequest.Unregister(new NodeId(4));

        var refused = (Metadata.OperationError?)(await cluster.AskAsync(request)).Response;
        await four.StopAsync();
        var done = (Metadata.OperationError?)(await cluster.AskAsync(request)).Response;

        Assert.Contains("is active: stop it first", refused?.Message, StringComparison.Ordinal);
        Assert.Null(done);
        Assert.Null(cluster.Controller.Committed.Brokers.Find(new NodeId(4)));
    }

    [Fact]
    public async Task C_14_8_a_broker_with_replicas_is_forgotten_by_force_only_and_force_crosses_the_wire()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode four = await cluster.StartBrokerAsync(4);
        await four.Api!.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false);
        await four.StopAsync();
        await using var peers = new ControllerPeers();

        Metadata.OperationError? refused = await UnregisterAsync(force: false);
        Metadata.OperationError? done = await UnregisterAsync(force: true);

        Assert.Equal(ErrorCode.InvalidRequest, refused?.Code);
        Assert.Contains("Broker 4 is a replica of orders-0: move its partitions first", refused?.Message, StringComparison.Ordinal);
        Assert.Null(done);
        Assert.Null(cluster.Controller.Committed.Brokers.Find(new NodeId(4)));

        async Task<Metadata.OperationError?> UnregisterAsync(bool force)
        {
            ControllerAnswer answer = await peers.AskAsync(
                cluster.ControllerEndpoint, new ControllerRequest.Unregister(new NodeId(4), force), TimeSpan.FromSeconds(10), default);
            return answer.Error ?? (Metadata.OperationError?)answer.Response;
        }
    }

    [Theory]
    [InlineData(ErrorCode.InvalidRegistration)]
    [InlineData(ErrorCode.InconsistentClusterId)]
    [InlineData(ErrorCode.UnsupportedVersion)]
    public async Task C_14_9_a_refusal_that_waiting_does_not_mend_ends_the_registration(ErrorCode code)
    {
        BrokerRefusedException refused = await Assert.ThrowsAsync<BrokerRefusedException>(() => RegisterAsync(code, "it was copied"));

        Assert.Equal((code, "it was copied"), (refused.Code, refused.Message));
    }

    private static async Task RegisterAsync(ErrorCode code, string message)
    {
        var session = new BrokerSession(
            (_, _) => Task.FromResult(ControllerAnswer.Refused(code, message)),
            (_, _) => Task.FromResult(ControllerAnswer.Refused(code, message)),
            () => 0,
            () => true,
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await session.RegisterAsync(
            Guid.NewGuid(),
            new BrokerStart { Id = new NodeId(4), IncarnationId = Guid.NewGuid(), LogDirectoryId = Guid.NewGuid(), Endpoints = [], PreviousEpoch = BrokerEpoch.None },
            TimeSpan.FromMilliseconds(1),
            default);
    }
}
