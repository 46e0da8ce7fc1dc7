using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>One batch as it lies in a log.</summary>
/// <param name="Content">Hash of its bytes.</param>
public sealed record Entry(Offset Base, Offset End, LeaderEpoch Epoch, ulong Content);

/// <summary>The omniscient view: what every log holds, what was ever committed, and the image at each committed offset.</summary>
/// <remarks>Costs grow with what changes: each batch is read once when it is appended, and once when it is committed first.</remarks>
public sealed class QuorumHistory
{
    private const int KeptImages = 4_000;

    private readonly Dictionary<int, List<Entry>> _logs = [];
    private readonly List<Entry> _committed = [];
    private readonly Dictionary<long, MetadataImage> _images = [];
    private readonly Queue<long> _imageOffsets = new();
    private readonly MetadataReplay _replay = new(MetadataImage.Empty);

    /// <summary>Everything below was committed once, by whomever.</summary>
    public Offset CommittedEnd => _committed.Count > 0 ? _committed[^1].End : Offset.Zero;

    /// <summary>The last batch that was ever committed.</summary>
    public Entry? LastCommitted => _committed.Count > 0 ? _committed[^1] : null;

    /// <summary>Epoch in which it was committed; an entry may be much older than that.</summary>
    public LeaderEpoch LastCommittedIn { get; private set; } = LeaderEpoch.Unknown;

    /// <summary>Batches in the log of a node, oldest first; also of one that is down.</summary>
    public IReadOnlyList<Entry> LogOf(SimulatedNode node) => _logs.GetValueOrDefault(node.Id, []);

    /// <summary>The batch of a log that begins here; null when there is none.</summary>
    public static Entry? Find(IReadOnlyList<Entry> log, Offset at)
    {
        int low = 0;
        int high = log.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (log[middle].Base == at)
            {
                return log[middle];
            }

            (low, high) = log[middle].Base < at ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>The committed batch that begins here; null when none is.</summary>
    public Entry? CommittedAt(Offset at) => Find(_committed, at);

    /// <summary>The image of everything committed below; null when it is too long ago.</summary>
    public MetadataImage? ImageAt(long endOffset) => endOffset == 0 ? MetadataImage.Empty : _images.GetValueOrDefault(endOffset);

    public void Started(SimulatedNode node, QuorumStore store)
    {
        List<Entry> log = [];
        Read(store, store.LogStart, store.LogEnd, log);
        _logs[node.Id] = log;
    }

    public void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        List<Entry> log = _logs[node.Id];
        switch (effect)
        {
            case RaftEffect.AppendLog(ImmutableArray<LogBatch> batches):
                Read(store, batches[0].BaseOffset, batches[^1].EndOffset, log);
                break;
            case RaftEffect.TruncateLog(Offset target):
                log.RemoveAll(entry => entry.End > target);
                break;
            case RaftEffect.ResetLog:
                log.Clear();
                break;
            case RaftEffect.Commit(Offset highWatermark):
                Offset before = CommittedEnd;
                Commit(log, store, highWatermark);
                // A sole voter commits while it is being made, in the epoch of its last entry.
                LastCommittedIn = CommittedEnd > before ? node.Replica?.Node.View.Epoch ?? _committed[^1].Epoch : LastCommittedIn;
                break;
        }
    }

    private void Commit(List<Entry> log, QuorumStore store, Offset highWatermark)
    {
        while (CommittedEnd < highWatermark && Find(log, CommittedEnd) is { } next && next.End <= highWatermark)
        {
            _committed.Add(next);
            LogBatch batch = QuorumStore.Parse(store.Read(next.Base, next.End, int.MaxValue))[0];
            if (batch.Control.IsEmpty)
            {
                _replay.Apply(next.Base.Value, [.. QuorumStore.Values(batch).Select(value => MetadataRecord.Parser.ParseFrom(value.Span))]);
            }
            else
            {
                _replay.Skip(next.Base.Value, next.End.Value);
            }

            if (_images.TryAdd(_replay.Image.EndOffset, _replay.Image))
            {
                _imageOffsets.Enqueue(_replay.Image.EndOffset);
            }

            if (_imageOffsets.Count > KeptImages)
            {
                _images.Remove(_imageOffsets.Dequeue());
            }
        }
    }

    private static void Read(QuorumStore store, Offset from, Offset end, List<Entry> log)
    {
        for (Offset at = from; at < end;)
        {
            foreach (LogBatch batch in QuorumStore.Parse(store.Read(at, end, 1 << 20)))
            {
                log.Add(new Entry(batch.BaseOffset, batch.EndOffset, batch.Epoch, ContentHash.Of(batch.Bytes.Span)));
                at = batch.EndOffset;
            }
        }
    }
}
