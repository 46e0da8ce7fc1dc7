using System.Collections.Immutable;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Records;
using static RaftStream.Quorum.Network.WireParts;

namespace RaftStream.Quorum.Network;

/// <summary>Answers to the wire and back. An answer with an error may be a plain one, whatever was asked.</summary>
internal static class ResponseWire
{
    public static QuorumResponse ToWire(RaftResponse response) => new() { Header = Header(response) };

    public static RaftResponse FromWire(QuorumResponse response) => ToPlain(response.Header);

    public static VoteResponse ToVote(RaftResponse response) =>
        new() { Header = Header(response), Granted = response is RaftResponse.Vote { Granted: true } };

    public static RaftResponse FromWire(VoteResponse response) => Signed(response.Header, new RaftResponse.Vote
    {
        LeaderEpoch = default,
        LeaderId = NodeId.None,
        Granted = response.Granted,
    });

    /// <param name="bytes">The batches of the answer; lent to the message, which is sent before they are changed.</param>
    public static QuorumFetchResponse ToFetch(RaftResponse response, ReadOnlyMemory<byte> bytes)
    {
        var wire = new QuorumFetchResponse { Header = Header(response) };
        if (response is RaftResponse.Fetch fetch)
        {
            wire.LogStart = fetch.LogStart.Value;
            wire.Batches = UnsafeByteOperations.UnsafeWrap(bytes);
            wire.BarrierSeq = fetch.BarrierSeq;
            if (fetch.HighWatermark is { } highWatermark)
            {
                wire.HighWatermark = highWatermark.Value;
            }

            if (fetch.Diverging is (LeaderEpoch epoch, Offset end))
            {
                wire.Diverging = new SnapshotName { Epoch = epoch.Value, EndOffset = end.Value };
            }

            if (fetch.Snapshot is { } snapshot)
            {
                wire.Snapshot = WireParts.ToWire(snapshot);
            }
        }

        return wire;
    }

    /// <summary>The batches up to the first that is damaged (C-4.8).</summary>
    public static RaftResponse FromWire(QuorumFetchResponse response)
    {
        WireException.Require(response.LogStart >= 0 && (!response.HasHighWatermark || response.HighWatermark >= 0), "an offset is negative");
        SnapshotId? diverging = response.Diverging is null ? null : ToSnapshot(response.Diverging);
        ImmutableArray<LogBatch> batches = response.Batches.IsEmpty ? [] : QuorumStore.Parse(response.Batches.Memory);
        return Signed(response.Header, new RaftResponse.Fetch
        {
            LeaderEpoch = default,
            LeaderId = NodeId.None,
            HighWatermark = response.HasHighWatermark ? new Offset(response.HighWatermark) : null,
            LogStart = new Offset(response.LogStart),
            Batches = batches,
            Diverging = diverging is { } at ? (at.Epoch, at.EndOffset) : null,
            Snapshot = response.Snapshot is null ? null : ToSnapshot(response.Snapshot),
            BarrierSeq = response.BarrierSeq,
        });
    }

    public static FetchSnapshotResponse ToChunk(RaftResponse response)
    {
        var wire = new FetchSnapshotResponse { Header = Header(response) };
        if (response is RaftResponse.FetchSnapshot chunk)
        {
            wire.Snapshot = WireParts.ToWire(chunk.Snapshot);
            wire.Size = chunk.Size;
            wire.Position = chunk.Position;
            wire.Bytes = UnsafeByteOperations.UnsafeWrap(chunk.Bytes);
            wire.Crc = Crc32C.Compute(chunk.Bytes.Span);
        }

        return wire;
    }

    public static RaftResponse FromWire(FetchSnapshotResponse response)
    {
        if (response.Header?.Error != 0)
        {
            return ToPlain(response.Header);
        }

        WireException.Require(Crc32C.Compute(response.Bytes.Span) == response.Crc, "a chunk of a snapshot was damaged on its way");
        return Signed(response.Header, new RaftResponse.FetchSnapshot
        {
            LeaderEpoch = default,
            LeaderId = NodeId.None,
            Snapshot = ToSnapshot(response.Snapshot),
            Size = response.Size,
            Position = response.Position,
            Bytes = response.Bytes.Memory,
        });
    }

    public static DescribeQuorumResponse ToDescription(RaftResponse response)
    {
        var wire = new DescribeQuorumResponse { Header = Header(response) };
        if (response is RaftResponse.DescribeQuorum described)
        {
            if (described.HighWatermark is { } highWatermark)
            {
                wire.HighWatermark = highWatermark.Value;
            }

            wire.Voters.AddRange(described.Voters.Voters.Select(WireParts.ToWire));
            wire.Replicas.AddRange(described.Replicas.Select(ToWire));
        }

        return wire;
    }

    public static RaftResponse FromWire(DescribeQuorumResponse response) => Signed(response.Header, new RaftResponse.DescribeQuorum
    {
        LeaderEpoch = default,
        LeaderId = NodeId.None,
        HighWatermark = response.HasHighWatermark ? new Offset(response.HighWatermark) : null,
        Voters = ToVoters(response.Voters),
        Replicas =
        [
            .. response.Replicas.Select(replica => new ReplicaProgress(
                ToKey(replica.Key),
                replica.IsVoter,
                replica.HasLogEnd ? new Offset(replica.LogEnd) : null,
                replica.HasDurableEnd ? new Offset(replica.DurableEnd) : null,
                replica.HasLastFetchAgeMs ? replica.LastFetchAgeMs : null)),
        ],
    });

    private static ReplicaState ToWire(ReplicaProgress progress)
    {
        var wire = new ReplicaState { Key = WireParts.ToWire(progress.Key), IsVoter = progress.IsVoter };
        if (progress.LogEnd is { } end)
        {
            wire.LogEnd = end.Value;
        }

        if (progress.DurableEnd is { } durable)
        {
            wire.DurableEnd = durable.Value;
        }

        if (progress.LastFetchAgeMs is { } age)
        {
            wire.LastFetchAgeMs = age;
        }

        return wire;
    }

    private static RaftResponse Signed(QuorumHeader? header, RaftResponse response)
    {
        RaftResponse.Plain plain = ToPlain(header);
        return response with
        {
            Error = plain.Error,
            LeaderEpoch = plain.LeaderEpoch,
            LeaderId = plain.LeaderId,
            LeaderEndpoint = plain.LeaderEndpoint,
        };
    }
}
