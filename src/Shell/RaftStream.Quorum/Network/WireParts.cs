using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Network;

/// <summary>Parts that several messages share, to the wire and back. What cannot be is a <see cref="WireException"/>.</summary>
internal static class WireParts
{
    private const int GuidSize = 16;

    public static ByteString ToWire(Guid? id) => id is { } value ? ByteString.CopyFrom(value.ToByteArray(bigEndian: true)) : ByteString.Empty;

    /// <summary>Null when nothing was sent.</summary>
    public static Guid? ToGuid(ByteString bytes) => bytes.Length switch
    {
        0 => null,
        GuidSize => new Guid(bytes.Span, bigEndian: true),
        _ => throw new WireException("an id does not have 16 bytes"),
    };

    public static ReplicaName ToWire(ReplicaKey key) => new() { Id = key.Id.Value, DirectoryId = ToWire(key.DirectoryId) };

    public static ReplicaKey ToKey(ReplicaName? name)
    {
        WireException.Require(name is { Id: >= 0 }, "a replica is missing, or its id is negative");
        return new ReplicaKey(new NodeId(name!.Id), ToGuid(name.DirectoryId) ?? throw new WireException("a replica has no directory id"));
    }

    public static QuorumPlace ToWire(RaftEndpoint place) => new() { Host = place.Host ?? "", Port = place.Port };

    public static RaftEndpoint ToPlace(QuorumPlace? place)
    {
        WireException.Require(place is { Host.Length: > 0 and <= 255, Port: >= 0 and <= 65535 }, "an address is missing, or is none");
        return new RaftEndpoint(place!.Host, place.Port);
    }

    public static VoterEntry ToWire(Voter voter) => new() { Key = ToWire(voter.Key), Place = ToWire(voter.Endpoint) };

    public static Voter ToVoter(VoterEntry? entry) => new(ToKey(entry?.Key), ToPlace(entry?.Place));

    public static VoterSet ToVoters(IReadOnlyCollection<VoterEntry> entries)
    {
        List<Voter> voters = [.. entries.Select(ToVoter)];
        WireException.Require(voters.DistinctBy(voter => voter.Key.Id).Count() == voters.Count, "two voters have the same id");
        return new VoterSet(voters);
    }

    public static SnapshotName ToWire(SnapshotId id) => new() { EndOffset = id.EndOffset.Value, Epoch = id.Epoch.Value };

    public static SnapshotId ToSnapshot(SnapshotName? name)
    {
        WireException.Require(name is { EndOffset: >= 0, Epoch: >= 0 }, "a snapshot id is missing, or is none");
        return new SnapshotId(new Offset(name!.EndOffset), new LeaderEpoch(name.Epoch));
    }

    public static QuorumHeader Header(RaftResponse response)
    {
        var header = new QuorumHeader
        {
            Error = (int)response.Error,
            LeaderEpoch = response.LeaderEpoch.Value,
            LeaderId = response.LeaderId.Value,
        };
        if (response.LeaderEndpoint is { } place)
        {
            header.Leader = ToWire(place);
        }

        return header;
    }

    /// <summary>Epoch, leader and error of an answer.</summary>
    public static RaftResponse.Plain ToPlain(QuorumHeader? header)
    {
        WireException.Require(header is { LeaderEpoch: >= 0, LeaderId: >= -1 }, "an answer has no header, or a strange one");
        return new RaftResponse.Plain
        {
            Error = (ErrorCode)header!.Error,
            LeaderEpoch = new LeaderEpoch(header.LeaderEpoch),
            LeaderId = new NodeId(header.LeaderId),
            LeaderEndpoint = header.Leader is null ? null : ToPlace(header.Leader),
        };
    }
}

/// <summary>A peer sent something that cannot be: an INVALID_REQUEST, or an answer that counts as none.</summary>
internal sealed class WireException(string message) : Exception(message)
{
    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new WireException(otherwise);
        }
    }
}
