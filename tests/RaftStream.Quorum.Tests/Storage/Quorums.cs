using System.Text;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Tests.Storage;

/// <summary>What the tests need again and again: a folder, batches, states.</summary>
internal static class Quorums
{
    internal const string Folder = "/data/metadata";
    internal const string LogFolder = Folder + "/__cluster_metadata-0";
    internal const string StateFile = Folder + "/quorum-state";
    internal const string Segment = LogFolder + "/00000000000000000000.log";

    internal static readonly DirectoryIdentity Identity = new(new Guid(1, 2, 3, new byte[8]), new NodeId(1), new Guid(4, 5, 6, new byte[8]));

    internal static readonly VoterSet Voters = new(
        [Voter(1, Identity.DirectoryId), Voter(2, new Guid(7, 7, 7, new byte[8])), Voter(3, new Guid(8, 8, 8, new byte[8]))]);

    internal static Voter Voter(int id, Guid directory) =>
        new(new ReplicaKey(new NodeId(id), directory), new RaftEndpoint($"node-{id}", 9000 + id));

    internal static QuorumState State(int epoch, int leader = -1, ReplicaKey? voted = null) =>
        new(new LeaderEpoch(epoch), new NodeId(leader), voted);

    internal static SnapshotId Snapshot(long end, int epoch) => new(new Offset(end), new LeaderEpoch(epoch));

    internal static void Format(IFileSystem fileSystem) => QuorumStore.Format(fileSystem, Folder, Identity, Voters);

    internal static QuorumStore Open(IFileSystem fileSystem) => QuorumStore.Open(fileSystem, Folder);

    internal static QuorumStore New(IFileSystem fileSystem)
    {
        Format(fileSystem);
        return Open(fileSystem);
    }

    internal static LogBatch Control(Offset at, int epoch, params ControlRecord[] records) => new()
    {
        BaseOffset = at,
        EndOffset = at.Plus(records.Length),
        Epoch = new LeaderEpoch(epoch),
        Control = [.. records],
    };

    internal static ControlRecord LeaderChange(int leader) =>
        new ControlRecord.LeaderChange(new NodeId(leader), [new NodeId(1), new NodeId(2), new NodeId(3)], [new NodeId(1), new NodeId(2)]);

    internal static LogBatch Data(Offset at, int epoch, params string[] values) => new()
    {
        BaseOffset = at,
        EndOffset = at.Plus(values.Length),
        Epoch = new LeaderEpoch(epoch),
        Bytes = QuorumStore.Encode([.. values.Select(Bytes)], nowMs: 1000),
    };

    /// <summary>Begins an epoch, then appends one batch per value; not flushed.</summary>
    internal static void AppendEpoch(this QuorumStore store, int epoch, params string[] values)
    {
        store.Persist(State(epoch, leader: 1));
        store.Append([Control(store.LogEnd, epoch, LeaderChange(1))], nowMs: 1000);
        foreach (string value in values)
        {
            store.Append([Data(store.LogEnd, epoch, value)], nowMs: 1000);
        }
    }

    internal static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <summary>All batches of the log.</summary>
    internal static List<LogBatch> ReadAll(this QuorumStore store)
    {
        var batches = new List<LogBatch>();
        for (Offset at = store.LogStart; at < store.LogEnd; at = batches[^1].EndOffset)
        {
            var more = QuorumStore.Parse(store.Read(at, store.LogEnd, maxBytes: 1000));
            Assert.NotEmpty(more);
            batches.AddRange(more);
        }

        return batches;
    }

    /// <summary>The data values of the log, in order.</summary>
    internal static List<string> ReadValues(this QuorumStore store) =>
        [.. store.ReadAll().SelectMany(batch => QuorumStore.Values(batch)).Select(Text)];
}
