using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Grpc.Forwarding;

/// <summary>Another broker that leads a partition, as this one knows it.</summary>
/// <param name="Id">The broker.</param>
/// <param name="Epoch">Its reign over the partition.</param>
/// <param name="Endpoint">host:port of its gRPC listener.</param>
/// <param name="Partition">The partition.</param>
internal readonly record struct LeaderAddress(NodeId Id, LeaderEpoch Epoch, string Endpoint, TopicPartition Partition)
{
    /// <summary>For clients that would rather go there themselves.</summary>
    public LeaderHint ToHint() => new() { NodeId = Id.Value, LeaderEpoch = Epoch.Value, Endpoint = Endpoint };
}
