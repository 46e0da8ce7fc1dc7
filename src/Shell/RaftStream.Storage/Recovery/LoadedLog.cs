using RaftStream.Model;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>A log as recovery found or made it: everything in it is durable.</summary>
internal sealed record LoadedLog(
    SegmentList Segments,
    EpochCache Epochs,
    LogProducers Producers,
    Offset LogStart,
    Offset LogEnd,
    LeaderEpoch LastEpoch,
    LogRecoveryReport Report);

/// <summary>What recovery may believe of one partition's folder.</summary>
/// <param name="WasClean">The last stop was clean: the files are complete and flushed.</param>
/// <param name="Checkpointed">What the folder's checkpoints say.</param>
/// <param name="Options">Settings for index interval and preallocation.</param>
/// <param name="Sabotage">Rules switched off by a test.</param>
internal sealed record LoadRequest(
    bool WasClean, Checkpoints.CheckpointedOffsets Checkpointed, LogOptions Options, Sabotage Sabotage);
