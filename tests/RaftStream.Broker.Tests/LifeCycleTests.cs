using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

public class LifeCycleTests
{
    [Fact]
    public async Task Topics_configs_and_their_partitions_survive_a_restart()
    {
        var broker = await TestBroker.StartAsync();
        await broker.CreateAsync("orders", partitions: 3, configs: [("retention.ms", "1000"), ("flush", "commit")]);
        await broker.CreateAsync("gone");
        await broker.Api.Admin.DeleteTopicsAsync([new TopicReference("gone", TopicId.None)]);
        Guid cluster = broker.Api.ClusterId;
        await broker.Node.StopAsync();

        await using TestBroker again = await broker.RestartAsync();

        Assert.Equal(cluster, again.Api.ClusterId);
        TopicImage topic = again.Api.Image.Topics.InOrder().Single();
        Assert.Equal(("orders", 3), (topic.Name, topic.Partitions.Count));
        Assert.Equal("1000", again.Api.Admin.DescribeConfigs("orders")!.Single(c => c.Key.Name == "retention.ms").Value);
        Assert.Equal(FlushMode.Commit, again.Find("orders", 2).Cell.Log.Options.Flush);
    }

    [Fact]
    public async Task A_clean_stop_leaves_nothing_to_recover_and_a_crash_does()
    {
        var files = new MemoryFileSystem();
        var first = await TestBroker.StartAsync(files);
        await first.AppendAsync(await first.CreateAsync("orders"), "a");
        await first.Node.StopAsync();

        var second = await TestBroker.StartAsync(files);
        Assert.True(second.Find("orders").Cell.Log.Recovery.Clean);
        await second.DisposeAsync();

        await using var third = await TestBroker.StartAsync(files);
        Assert.False(third.Find("orders").Cell.Log.Recovery.Clean);
        Assert.Equal(["a"], await third.ReadAsync(third.Find("orders")));
    }

    [Fact]
    public async Task Each_start_leads_in_a_new_epoch()
    {
        // P4: what a crash cut off must not be written anew in the same epoch.
        var broker = await TestBroker.StartAsync();
        await broker.CreateAsync("orders");
        int first = broker.Find("orders").Cell.Role.LeaderEpoch.Value;
        await broker.DisposeAsync();

        await using TestBroker again = await broker.RestartAsync();

        Assert.True(again.Find("orders").Cell.Role.LeaderEpoch.Value > first);
    }

    [Fact]
    public async Task A_deleted_topic_takes_its_folders_along_after_the_delay()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time, options: TestBroker.DefaultOptions with { FileDeleteDelayMs = 5000 });
        BrokerPartition orders = await broker.CreateAsync("orders", partitions: 2);
        await broker.AppendAsync(orders, "a");

        await broker.Api.Admin.DeleteTopicsAsync([new TopicReference("orders", TopicId.None)]);

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await broker.ProduceAsync(orders, TestBroker.Batch("b"))).Error);
        Assert.Contains(broker.Files.ListDirectories(TestBroker.Folder), d => d.Contains("orders", StringComparison.Ordinal));
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return !broker.Files.ListDirectories(TestBroker.Folder).Any(d => d.Contains("orders", StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task A_topic_created_anew_starts_empty_and_the_old_handle_stays_dead()
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition old = await broker.CreateAsync("orders");
        await broker.AppendAsync(old, "a");
        await broker.Api.Admin.DeleteTopicsAsync([new TopicReference("orders", TopicId.None)]);

        BrokerPartition anew = await broker.CreateAsync("orders");

        Assert.NotEqual(old.TopicId, anew.TopicId);
        Assert.Empty(await broker.ReadAsync(anew));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await broker.ProduceAsync(old, TestBroker.Batch("b"))).Error);
        Assert.False(broker.Api.TryFind([], old.TopicId, 0, out _, out var error));
        Assert.Equal(ErrorCode.UnknownTopicId, error!.Code);
    }

    [Fact]
    public async Task A_topic_grows_while_it_is_used()
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.AppendAsync(await broker.CreateAsync("orders"), "a");

        await broker.Api.Admin.CreatePartitionsAsync([new NewPartitions(new TopicReference("orders", TopicId.None), 3)], validateOnly: false);

        await broker.AppendAsync(broker.Find("orders", 2), "b");
        Assert.Equal(["a"], await broker.ReadAsync(broker.Find("orders")));
    }

    [Fact]
    public async Task Partitions_that_the_node_could_not_hold_open_are_refused()
    {
        var files = new GuardedFiles(new MemoryFileSystem()) { MaxOpenFiles = 30 };
        await using var broker = await TestBroker.StartAsync(files);
        await broker.CreateAsync("orders", partitions: 6);
        var more = new NewPartitions(new TopicReference("orders", TopicId.None), 11);

        var created = await broker.Api.Admin.CreateTopicsAsync([new NewTopic { Name = "audit", Partitions = 5 }], validateOnly: false);
        var grown = await broker.Api.Admin.CreatePartitionsAsync([more], validateOnly: false);

        Assert.Equal(ErrorCode.PolicyViolation, created.Single().Error!.Code);
        Assert.Equal(ErrorCode.PolicyViolation, grown.Single().Error!.Code);
        Assert.Contains("more than 10 partitions", grown.Single().Error!.Message, StringComparison.Ordinal);
        await broker.AppendAsync(await broker.CreateAsync("audit", partitions: 4), "the last that fit");
    }

    [Fact]
    public async Task A_folder_that_belongs_to_no_topic_is_set_aside()
    {
        //
        var files = new MemoryFileSystem();
        var broker = await TestBroker.StartAsync(files);
        await broker.CreateAsync("orders");
        await broker.Node.StopAsync();
        using (LogDirectory directory = LogDirectory.Open(files, TestBroker.Folder, new LogDirectoryOptions()))
        {
            directory.Create("stranger", 0, new TopicId(Guid.NewGuid()), LogOptions.Default);
        }

        await using TestBroker again = await TestBroker.StartAsync(files);

        Assert.Contains(files.ListDirectories(TestBroker.Folder), d => d.Contains("stranger", StringComparison.Ordinal) && d.EndsWith("stray", StringComparison.Ordinal));
        Assert.False(again.Api.TryFind("stranger"u8, TopicId.None, 0, out _, out _));
    }

    [Fact]
    public async Task Changed_configs_reach_the_logs()
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");

        await broker.Api.Admin.AlterConfigsAsync(
            [
                new ConfigAlteration(ConfigOwner.Topic("orders"), [new ConfigChange("max.message.bytes", "100")]),
                new ConfigAlteration(ConfigOwner.Cluster, [new ConfigChange("segment.bytes", "4096")]),
            ],
            validateOnly: false);

        Assert.Equal(4096, orders.Cell.Log.Options.SegmentBytes);
        Assert.Equal(ErrorCode.MessageTooLarge, (await broker.ProduceAsync(orders, TestBroker.Batch(new string('x', 200)))).Error);
    }

    [Theory]
    [InlineData("100", 1 << 20)]
    [InlineData("100000", 6_400_000)]
    [InlineData("1048588", 64 << 20)]
    [InlineData("10000000", 64 << 20)]
    public async Task R_4_2_The_limit_of_decompressed_records_follows_max_message_bytes(string maxMessageBytes, int expected)
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("max.message.bytes", maxMessageBytes));

        Assert.Equal(expected, orders.Cell.Rules.Batches.MaxDecompressedBytes);
    }

    [Fact]
    public async Task Batches_that_no_request_can_carry_are_not_promised()
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        ConfigAlteration[] tooLarge = [new(ConfigOwner.Topic("orders"), [new ConfigChange("max.message.bytes", "16777216")])];
        NewTopic wide = new() { Name = "wide", Configs = ConfigsImage.NoValues.Add("max.message.bytes", "99999999") };

        ConfigOutcome altered = Assert.Single(await broker.Api.Admin.AlterConfigsAsync(tooLarge, validateOnly: false));
        var created = await broker.Api.Admin.CreateTopicsAsync([wide, new NewTopic { Name = "narrow" }], validateOnly: false);

        Assert.Equal(ErrorCode.InvalidConfig, altered.Error?.Code);
        Assert.Contains("socket.request.max.bytes", altered.Error!.Message, StringComparison.Ordinal);
        Assert.Equal([("wide", ErrorCode.InvalidConfig), ("narrow", null)], created.Select(outcome => (outcome.Topic.Name, outcome.Error?.Code)));
        Assert.Equal(1_048_588, orders.Cell.Rules.Settings.MaxMessageBytes);
    }

    [Fact]
    public async Task A_topic_that_goes_from_commit_to_os_no_longer_waits_for_flushes()
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        await using var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));

        await broker.Api.Admin.AlterConfigsAsync(
            [new ConfigAlteration(ConfigOwner.Topic("orders"), [new ConfigChange("flush", "os")])], validateOnly: false);

        files.HoldFlushes();
        await broker.AppendAsync(orders, "a");
        files.ReleaseFlushes();
    }
}
