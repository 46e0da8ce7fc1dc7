using System.Collections.Immutable;
using System.Runtime.InteropServices;
using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>What one replica's log holds, as its process last showed it: survives the process, so that a recovery can be judged.</summary>
internal sealed class ReplicaShadow(int broker)
{
    private readonly List<LogEntry> _entries = [];

    public int Broker { get; } = broker;

    /// <summary>The log of the process that runs, or ran last.</summary>
    public PartitionLog? Log { get; set; }

    public long Start { get; private set; }

    public long End => _entries.Count;

    /// <summary>Everything below is on the disk for sure.</summary>
    public long Durable { get; set; }

    /// <summary>What the replica takes for committed.</summary>
    public long HighWatermark { get; set; }

    /// <summary>Its log equals what is committed up to here.</summary>
    public long Matching { get; private set; }

    /// <summary>The role at the last look.</summary>
    public PartitionRole? Role { get; set; }

    /// <summary>Batches of idempotent producers, in the order of the log.</summary>
    public List<NumberedBatch> Numbered { get; } = [];

    /// <summary>Nothing of <see cref="Numbered"/> is new since the log's table of producers was compared with it.</summary>
    public bool IsTableChecked { get; set; }

    /// <summary>The epoch cache at the last look.</summary>
    public ImmutableArray<EpochEntry> Epochs { get; set; } = [];

    /// <summary>True while its process is down.</summary>
    public bool IsDown { get; set; }

    /// <summary>It lost power, or a flush failed, and it has not registered since: what was not flushed may be gone.</summary>
    public bool IsLossy { get; set; }

    /// <summary>Its disk was replaced, and it has not registered since: the controller does not know that nothing is there.</summary>
    public bool IsWiped { get; set; }

    /// <summary>It may lack what it held, and its membership promises nothing until it registers (S-R2).</summary>
    public bool MayLack(bool flushesOnCommit) => IsWiped || (IsLossy && !flushesOnCommit);

    /// <summary>Before its machine lost power it held what is committed up to here; 0 once it holds that again.</summary>
    public long LostUpTo { get; private set; }

    public LogEntry this[long offset] => _entries[(int)offset];

    public ReadOnlySpan<LogEntry> Entries => CollectionsMarshal.AsSpan(_entries);

    /// <summary>What counts as held (section 1 of the rules).</summary>
    public long EffectiveEnd(bool flushesOnCommit) => flushesOnCommit ? Math.Min(End, Durable) : End;

    public void Begin(long start)
    {
        _entries.Clear();
        Numbered.Clear();
        FillTo(start);
        (Start, Durable, Matching) = (start, start, start);
    }

    /// <summary>Takes from the replica as it was before its process died what outlives that.</summary>
    public void Follow(ReplicaShadow before) => LostUpTo = Math.Max(before.LostUpTo, before.IsLossy ? before.Matching : 0);

    /// <summary>What is committed has become less (R-9.3 step 3, R-9.6).</summary>
    public void GiveUp(long end) => (Matching, LostUpTo) = (Math.Min(Matching, end), Math.Min(LostUpTo, end));

    public void AdvanceStart(long start)
    {
        Start = Math.Max(Start, start);
        Matching = Math.Max(Matching, Math.Min(Start, End));
    }

    public void CutTo(long end)
    {
        _entries.RemoveRange((int)end, (int)(End - end));
        Numbered.RemoveAll(batch => batch.End > end);
        IsTableChecked = false;
        (Durable, Matching, Start) = (Math.Min(Durable, end), Math.Min(Matching, end), Math.Min(Start, end));
    }

    /// <summary>Takes what the log has beyond this; the entries taken, from <see cref="End"/> as it was before.</summary>
    public void ReadOn(PartitionLog log)
    {
        while (End < log.LogEndOffset.Value)
        {
            long before = End;
            using LogSlice slice = log.Read(new Offset(Math.Max(End, log.LogStartOffset.Value)), 1 << 20, log.LogEndOffset);
            byte[] bytes = new byte[slice.Length];
            slice.CopyTo(bytes, 0);
            Read(bytes, Add);
            if (End == before)
            {
                throw new InvalidOperationException($"the log of {Broker} cannot be read at {before}: {slice.Error}");
            }
        }
    }

    /// <summary>Compares with what is committed, as far as both go.</summary>
    public void Match(PartitionTruth truth)
    {
        long end = Math.Min(End, truth.Committed.Count);
        while (Matching < end && (_entries[(int)Matching] == truth.Committed[(int)Matching] || Matching < Start))
        {
            Matching++;
        }

        LostUpTo = Matching >= LostUpTo ? 0 : LostUpTo;
    }

    /// <summary>Walks whole batches.</summary>
    public static void Read(ReadOnlySpan<byte> batches, Action<RecordBatchHeader, ulong> take)
    {
        while (RecordBatchHeader.TryRead(batches, out RecordBatchHeader header) && header.SizeInBytes <= batches.Length)
        {
            take(header, World.Producer.ContentOf(batches[..header.SizeInBytes]));
            batches = batches[header.SizeInBytes..];
        }
    }

    private void Add(RecordBatchHeader header, ulong content)
    {
        FillTo(header.BaseOffset.Value);
        if (header.HasProducerId)
        {
            Numbered.Add(NumberedBatch.Of(header));
            IsTableChecked = false;
        }

        while (End < header.NextOffset.Value)
        {
            _entries.Add(new LogEntry(header.PartitionLeaderEpoch.Value, content));
        }
    }

    private void FillTo(long end)
    {
        while (End < end)
        {
            _entries.Add(LogEntry.Unknown);
        }
    }
}
