using RaftStream.Broker.Partitions;
using RaftStream.Replication;

namespace RaftStream.Broker.Replicas;

/// <summary>Takes a leader's proposals to the controller .</summary>
internal interface IIsrProposer
{
    /// <summary>Asks the controller once; the partition hears of the answer, or that there was none. Never waits.</summary>
    void Propose(PartitionCell cell, IsrChange change);
}
