using Microsoft.Extensions.Logging;
using RaftStream.Model;

namespace RaftStream.Broker;

/// <summary>What the broker tells an operator. Event ids 3000 to 3099.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(EventId = 3000, Level = LogLevel.Information,
        Message = "Broker {NodeId} of cluster {ClusterId} is starting on {DataDirectory}")]
    public static partial void Starting(ILogger logger, int nodeId, Guid clusterId, string dataDirectory);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Information,
        Message = "Broker {NodeId} is running: {Topics} topics, {Partitions} partitions, broker epoch {BrokerEpoch}")]
    public static partial void Running(ILogger logger, int nodeId, int topics, int partitions, long brokerEpoch);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "Broker {NodeId} has stopped cleanly")]
    public static partial void Stopped(ILogger logger, int nodeId);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Critical, Message = "{Part} failed; this node stops")]
    public static partial void PartFailed(ILogger logger, string part, Exception exception);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Warning,
        Message = "{Topic}-{Partition} was not closed cleanly: {ScannedBytes} bytes checked, {CutBytes} bytes of an unfinished write cut off")]
    public static partial void Recovered(ILogger logger, string topic, int partition, long scannedBytes, long cutBytes);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error,
        Message = "{Topic}-{Partition} lost records that were on disk once: {Reason} Another replica leads it now; if there is none, it stays without a leader until 'raftstream partition elect {Topic} --partition {Partition} --unclean' accepts the loss")]
    public static partial void Suspect(ILogger logger, string topic, int partition, string reason);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Information,
        Message = "Created topic {Topic} with id {TopicId}")]
    public static partial void TopicCreated(ILogger logger, string topic, TopicId topicId);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Information,
        Message = "Deleted topic {Topic} with id {TopicId}")]
    public static partial void TopicDeleted(ILogger logger, string topic, TopicId topicId);

    [LoggerMessage(EventId = 3008, Level = LogLevel.Warning,
        Message = "Folder {Topic}-{Partition} belongs to no topic of the cluster (topic id {TopicId}): set aside, removed after file.delete.delay.ms")]
    public static partial void Stray(ILogger logger, string topic, int partition, TopicId topicId);

    [LoggerMessage(EventId = 3009, Level = LogLevel.Debug,
        Message = "{TopicPartition} is led in leader epoch {LeaderEpoch} from offset {LogEndOffset}, high watermark {HighWatermark}")]
    public static partial void Leading(ILogger logger, string topicPartition, int leaderEpoch, long logEndOffset, long highWatermark);

    [LoggerMessage(EventId = 3010, Level = LogLevel.Information,
        Message = "Retention removed {Segments} segments, {Bytes} bytes, of {TopicPartition}: it starts at offset {LogStartOffset} now")]
    public static partial void Retained(ILogger logger, int segments, long bytes, string topicPartition, long logStartOffset);

    [LoggerMessage(EventId = 3011, Level = LogLevel.Error,
        Message = "Free disk space is below min.free.bytes: produce requests are refused, nothing is copied from leaders, and other brokers lead, until there is room")]
    public static partial void DiskFull(ILogger logger);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Information, Message = "There is room on the disk again: records are taken")]
    public static partial void DiskHasRoom(ILogger logger);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Information,
        Message = "Replayed {Records} metadata records up to offset {EndOffset}")]
    public static partial void MetadataReplayed(ILogger logger, long records, long endOffset);

    [LoggerMessage(EventId = 3014, Level = LogLevel.Information,
        Message = "Formatted {DataDirectory} for node {NodeId} of cluster {ClusterId}")]
    public static partial void Formatted(ILogger logger, string dataDirectory, int nodeId, Guid clusterId);

    [LoggerMessage(EventId = 3015, Level = LogLevel.Warning, Message = "Broker {NodeId} is not registered yet: {Reason}")]
    public static partial void NotRegistered(ILogger logger, int nodeId, string reason);

    [LoggerMessage(EventId = 3016, Level = LogLevel.Information, Message = "Broker {NodeId} is {State}")]
    public static partial void FencedOrNot(ILogger logger, int nodeId, string state);

    [LoggerMessage(EventId = 3017, Level = LogLevel.Warning,
        Message = "Broker {NodeId} stops without the controller's leave, which did not come within {WaitedMs} ms; it will be fenced")]
    public static partial void LeftWithoutLeave(ILogger logger, int nodeId, int waitedMs);

    [LoggerMessage(EventId = 3018, Level = LogLevel.Information,
        Message = "Following {Partition}: leader {Leader}, epoch {LeaderEpoch}, log end {LogEnd}")]
    public static partial void Following(ILogger logger, string partition, int leader, int leaderEpoch, long logEnd);

    [LoggerMessage(EventId = 3019, Level = LogLevel.Warning,
        Message = "Leader {Leader} cannot be followed now, trying again: {Reason}")]
    public static partial void LeaderLost(ILogger logger, int leader, string reason);

    [LoggerMessage(EventId = 3020, Level = LogLevel.Information,
        Message = "{Partition} truncated from {LogEnd} to {Target}: the leader's log goes another way")]
    public static partial void Truncated(ILogger logger, string partition, long logEnd, long target);

    [LoggerMessage(EventId = 3021, Level = LogLevel.Warning,
        Message = "{Partition} truncated to {Target}, below its high watermark {HighWatermark}: records that were acknowledged are gone (flush=os, or an unclean election)")]
    public static partial void TruncatedCommitted(ILogger logger, string partition, long target, long highWatermark);

    [LoggerMessage(EventId = 3022, Level = LogLevel.Information,
        Message = "{Partition} begins anew at {Start}: the leader keeps nothing below")]
    public static partial void BeginsAnew(ILogger logger, string partition, long start);

    [LoggerMessage(EventId = 3023, Level = LogLevel.Warning,
        Message = "{Partition}: a batch from the leader cannot be appended ({Reason}); asking again")]
    public static partial void ReplicaRefused(ILogger logger, string partition, RaftStream.Storage.ReplicaAppendStop reason);

    [LoggerMessage(EventId = 3024, Level = LogLevel.Information,
        Message = "{Partition}: proposing an ISR of {Members} in place of {MembersNow}")]
    public static partial void Proposing(ILogger logger, string partition, int members, int membersNow);

    [LoggerMessage(EventId = 3025, Level = LogLevel.Information, Message = "{Partition} has moved away: its files are deleted")]
    public static partial void ReplicaRemoved(ILogger logger, string partition);

    [LoggerMessage(EventId = 3026, Level = LogLevel.Warning,
        Message = "Partition {Partition} of {Topic} is led here since epoch {LeaderEpoch} by an unclean election: acknowledged records that this broker lacks are lost")]
    public static partial void ElectedUncleanly(ILogger logger, string topic, int partition, int leaderEpoch);

    [LoggerMessage(EventId = 3027, Level = LogLevel.Error,
        Message = "{Partition} cannot be read at offset {Offset}: followers get no further there; other partitions go on")]
    public static partial void Unreadable(ILogger logger, string partition, long offset, Exception exception);

    [LoggerMessage(EventId = 3028, Level = LogLevel.Error,
        Message = "{Partition} lost records that were on disk once, and no other in-sync replica has them: {Reason} Reads there answer KAFKA_STORAGE_ERROR, all else goes on. Put the segment back from a backup while the node is stopped, or delete the records up to there (DeleteRecords), after which other replicas can follow")]
    public static partial void DamagedAlone(ILogger logger, string partition, string reason);
}
