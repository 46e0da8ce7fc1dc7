using System.Buffers.Binary;
using System.Collections.Immutable;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;
using Kind = RaftStream.Internal.V1.QuorumControlRecord.KindOneofCase;

namespace RaftStream.Quorum.Storage;

/// <summary>Writes and reads control batches (C-4.2): Kafka's control key (version, type) and a <see cref="QuorumControlRecord"/> as value.</summary>
internal static class ControlRecords
{
    private const short KeyVersion = 0;
    private const int KeySize = 4;

    /// <summary>A whole control batch, base offset and epoch set.</summary>
    internal static byte[] Encode(IEnumerable<QuorumControlRecord> records, Offset baseOffset, LeaderEpoch epoch, long nowMs)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
        Span<byte> key = stackalloc byte[KeySize];
        foreach (QuorumControlRecord record in records)
        {
            BinaryPrimitives.WriteInt16BigEndian(key, KeyVersion);
            BinaryPrimitives.WriteInt16BigEndian(key[2..], (short)record.KindCase);
            Invariant.Check(builder.TryAppend(nowMs, key, record.ToByteArray()));
        }

        byte[] batch = builder.Build().ToArray();
        Invariant.Check(RecordBatchHeader.TryRead(batch, out RecordBatchHeader header));
        const short ControlBit = 0x20;
        (header with { Attributes = (short)(header.Attributes | ControlBit) }).Seal(batch);
        RecordBatchHeader.PatchOffsetAndEpoch(batch, baseOffset, epoch);
        return batch;
    }

    /// <summary>One record of a control batch; null when it is not one that this version knows.</summary>
    internal static QuorumControlRecord? TryDecode(in RecordView record)
    {
        ReadOnlySpan<byte> key = record.Key.Span;
        if (key.Length != KeySize || record.Value.IsNull || BinaryPrimitives.ReadInt16BigEndian(key) != KeyVersion)
        {
            return null;
        }

        try
        {
            QuorumControlRecord decoded = QuorumControlRecord.Parser.ParseFrom(record.Value.Span);
            bool matches = decoded.KindCase != Kind.None && (short)decoded.KindCase == BinaryPrimitives.ReadInt16BigEndian(key[2..]);
            return matches ? decoded : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    internal static QuorumControlRecord ToWire(ControlRecord record) => record switch
    {
        ControlRecord.LeaderChange change => new QuorumControlRecord
        {
            LeaderChange = new LeaderChangeRecord
            {
                LeaderId = change.LeaderId.Value,
                VoterIds = { change.VoterIds.Select(id => id.Value) },
                GrantingVoters = { change.GrantingVoters.Select(id => id.Value) },
            },
        },
        ControlRecord.Voters voters => new QuorumControlRecord { Voters = ToWire(voters.Set) },
        ControlRecord.KVersion version => new QuorumControlRecord { KVersion = new KVersionRecord { Level = version.Level } },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Null for the records of a snapshot's frame, and for voters that contradict themselves.</summary>
    internal static ControlRecord? FromWire(QuorumControlRecord record) => record.KindCase switch
    {
        Kind.LeaderChange => new ControlRecord.LeaderChange(
            new NodeId(record.LeaderChange.LeaderId), Ids(record.LeaderChange.VoterIds), Ids(record.LeaderChange.GrantingVoters)),
        Kind.Voters => FromWire(record.Voters) is { } set ? new ControlRecord.Voters(set) : null,
        Kind.KVersion => new ControlRecord.KVersion(record.KVersion.Level),
        _ => null,
    };

    private static VotersRecord ToWire(VoterSet set) => new()
    {
        Voters =
        {
            set.Voters.Select(voter => new QuorumVoter
            {
                NodeId = voter.Key.Id.Value,
                DirectoryId = ByteString.CopyFrom(voter.Key.DirectoryId.ToByteArray(bigEndian: true)),
                Host = voter.Endpoint.Host,
                Port = voter.Endpoint.Port,
            }),
        },
    };

    private static VoterSet? FromWire(VotersRecord record)
    {
        bool isSound = record.Voters.All(voter => voter.DirectoryId.Length == 16)
            && record.Voters.Select(voter => voter.NodeId).Distinct().Count() == record.Voters.Count;
        return isSound
            ? new VoterSet(record.Voters.Select(voter => new Voter(
                new ReplicaKey(new NodeId(voter.NodeId), new Guid(voter.DirectoryId.Span, bigEndian: true)),
                new RaftEndpoint(voter.Host, voter.Port))))
            : null;
    }

    private static ImmutableArray<NodeId> Ids(IEnumerable<int> ids) => [.. ids.Select(id => new NodeId(id))];
}
