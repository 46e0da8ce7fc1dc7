using Grpc.Core;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Grpc;

/// <summary>Values of requests as the broker names them.</summary>
internal static class Requests
{
    private const int IdLength = 16;

    /// <summary>The topic of a request; null id bytes of another length are a mistake.</summary>
    public static bool TryRead(TopicRef? topic, out TopicReference reference)
    {
        ReadOnlySpan<byte> id = topic is null ? default : topic.Id.Span;
        reference = new TopicReference(
            topic?.Name ?? "", id.Length == IdLength ? new TopicId(new Guid(id, bigEndian: true)) : TopicId.None);
        return id.Length is 0 or IdLength;
    }

    /// <summary>An id that a client may choose; all zeros for none.</summary>
    /// <exception cref="RpcException">It has another length.</exception>
    public static Guid ReadId(Google.Protobuf.ByteString id) => id.Length switch
    {
        0 => Guid.Empty,
        IdLength => new Guid(id.Span, bigEndian: true),
        _ => throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "An id has 16 bytes."),
    };

    /// <summary>The acknowledgement that was asked for; numbers that mean nothing stay so and are refused by the broker.</summary>
    public static RequiredAcks ReadAcks(Acks acks) => acks switch
    {
        Acks.All => RequiredAcks.All,
        Acks.Leader => RequiredAcks.Leader,
        Acks.None => RequiredAcks.None,
        _ => (RequiredAcks)int.MinValue,
    };

    /// <summary>Where a consumer wants to read.</summary>
    public static FetchPosition ReadPosition(FetchPartition partition) => new(
        new Offset(partition.FetchOffset),
        partition.MaxBytes,
        partition.HasCurrentLeaderEpoch ? new LeaderEpoch(partition.CurrentLeaderEpoch) : LeaderEpoch.Unknown,
        partition.HasLastFetchedEpoch ? new LeaderEpoch(partition.LastFetchedEpoch) : LeaderEpoch.Unknown);

    /// <summary>The topic as answers name it.</summary>
    public static TopicRef Write(TopicReference topic)
    {
        var reference = new TopicRef { Name = topic.Name };
        if (topic.Id != TopicId.None)
        {
            reference.Id = Google.Protobuf.ByteString.CopyFrom(topic.Id.Value.ToByteArray(bigEndian: true));
        }

        return reference;
    }
}
