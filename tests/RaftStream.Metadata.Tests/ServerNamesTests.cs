using RaftStream.Metadata.Configs;

namespace RaftStream.Metadata.Tests;

public class ServerNamesTests
{
    [Theory]
    [InlineData("cleanup.policy", "log.cleanup.policy")]
    [InlineData("compression.type", "compression.type")]
    [InlineData("index.interval.bytes", "log.index.interval.bytes")]
    [InlineData("max.message.bytes", "message.max.bytes")]
    [InlineData("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms")]
    [InlineData("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms")]
    [InlineData("message.timestamp.type", "log.message.timestamp.type")]
    [InlineData("min.insync.replicas", "min.insync.replicas")]
    [InlineData("preallocate", "log.preallocate")]
    [InlineData("retention.bytes", "log.retention.bytes")]
    [InlineData("retention.ms", "log.retention.ms")]
    [InlineData("segment.bytes", "log.segment.bytes")]
    [InlineData("segment.index.bytes", "log.index.size.max.bytes")]
    [InlineData("segment.jitter.ms", "log.roll.jitter.ms")]
    [InlineData("segment.ms", "log.roll.ms")]
    [InlineData("unclean.leader.election.enable", "unclean.leader.election.enable")]
    public void Names_are_those_of_kafkas_documentation(string topicKey, string serverName) => Assert.Equal(serverName, ServerNames.Of(topicKey));

    [Fact]
    public void Every_topic_key_has_a_name_of_its_own_that_leads_back_to_it()
    {
        Assert.All(TopicConfigKeys.All.Keys, key => Assert.Equal(key, ServerNames.TopicKey(ServerNames.Of(key))));
        Assert.DoesNotContain(TopicConfigKeys.All.Keys, BrokerConfigKeys.All.ContainsKey);
        Assert.Null(ServerNames.TopicKey("retention.ms"));
    }
}
