using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>Whether a partition takes a client's produce request now, in the order of. Any thread.</summary>
internal sealed class ProduceGate(PartitionLog log, PartitionServices services)
{
    private readonly bool _isInternal = TopicControl.IsInternal(log.Topic);

    /// <summary>The first reason against it.</summary>
    public ErrorCode Check(RequiredAcks acks, PartitionRole role, bool hasFailed)
    {
        if (!role.IsLeader)
        {
            return role.Error;
        }

        if (acks is not (RequiredAcks.All or RequiredAcks.Leader or RequiredAcks.None))
        {
            return ErrorCode.InvalidRequiredAcks;
        }

        if (_isInternal)
        {
            return ErrorCode.InvalidTopicException;
        }

        if (hasFailed || !services.Disk.HasRoom)
        {
            return ErrorCode.KafkaStorageError;
        }

        // what only this broker had would be lost if another one leads already; acks=all waits for the others anyway.
        if (acks == RequiredAcks.Leader && role.State!.Replicas.Length > 1 && services.Identity.MayBeFenced())
        {
            return ErrorCode.NotLeaderOrFollower;
        }

        return acks == RequiredAcks.All && role.State!.Isr.Length < role.State.MinIsr
            ? ErrorCode.NotEnoughReplicas
            : ErrorCode.None;
    }
}
