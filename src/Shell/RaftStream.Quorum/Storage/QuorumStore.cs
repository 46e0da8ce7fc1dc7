using System.Buffers;
using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Records;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Quorum.Storage;

/// <summary>One replica's disk: quorum state, metadata log and snapshots, durable as <see cref="RaftEffect"/> says (C-3).</summary>
/// <remarks>
/// Threads: one owner changes; <see cref="Flush"/> may run beside it on another thread, one at a time, and so may
/// <see cref="CreateSnapshot"/>; anybody reads. A failed write, flush or rename stops the store for good: every later
/// change throws, nothing is retried, the process stops (C-13.5, P27).
/// </remarks>
public sealed class QuorumStore : IDisposable
{
    private readonly IFileSystem _fileSystem;
    private readonly string _directory;
    private readonly QuorumSabotage _sabotage;
    private readonly IDisposable _ownLock;
    private readonly LogDirectory _logDirectory;
    private readonly PartitionLog _log;
    private readonly SnapshotStore _snapshots;
    private readonly Lock _stateLock = new();
    private StoredState _stored;
    private volatile StorageException? _failure;

    internal QuorumStore(QuorumStoreParts parts)
    {
        _fileSystem = parts.FileSystem;
        _directory = parts.Directory;
        _sabotage = parts.Options.Sabotage;
        _ownLock = parts.OwnLock;
        _logDirectory = parts.LogDirectory;
        _log = parts.Log;
        _snapshots = parts.Snapshots;
        _stored = parts.Stored;
        Recovered = parts.Recovered;
    }

    /// <summary>Whose folder this is.</summary>
    public DirectoryIdentity Identity => _logDirectory.Identity;

    /// <summary>The durable quorum state.</summary>
    public QuorumState State => _stored.State;

    /// <summary>The log as opening found it; all of it durable.</summary>
    public RecoveredLog Recovered { get; }

    /// <summary>First offset of the log.</summary>
    public Offset LogStart => _log.LogStartOffset;

    /// <summary>Offset that the next record gets.</summary>
    public Offset LogEnd => _log.LogEndOffset;

    /// <summary>Everything below it is durable.</summary>
    public Offset DurableEnd => _log.DurableEnd;

    /// <summary>Snapshots, oldest first.</summary>
    public ImmutableArray<SnapshotId> Snapshots => _snapshots.Ids;

    /// <summary>Log bytes on the disk.</summary>
    public long LogSizeInBytes => _log.SizeInBytes;

    /// <summary>The failure that stopped the store; null while it works.</summary>
    public StorageException? Failure => _failure;

    /// <summary>Prepares an empty or missing folder (C-2.2): identity, an empty log, the bootstrap snapshot when voters are given, and last the quorum state. All durable.</summary>
    /// <param name="initialVoters">Voters of a new cluster, the same on each of them; empty for a node that joins one.</param>
    /// <exception cref="StorageException">The folder is not empty, or cannot be written.</exception>
    public static void Format(IFileSystem fileSystem, string directory, DirectoryIdentity identity, VoterSet initialVoters) =>
        QuorumFolder.Format(fileSystem, directory, identity, initialVoters);

    /// <summary>Recovers what the folder holds (C-13).</summary>
    /// <exception cref="StorageException">It must not run, for the reason in the message: not formatted, of another owner, or durable data was lost (C-13.6).</exception>
    public static QuorumStore Open(IFileSystem fileSystem, string directory, QuorumStoreOptions? options = null) =>
        QuorumFolder.Open(fileSystem, directory, options ?? new QuorumStoreOptions());

    /// <summary>Replaces the quorum state; durable when it returns. The epoch never falls (S-C3).</summary>
    public void Persist(QuorumState state)
    {
        Invariant.Check(state.Epoch >= State.Epoch);
        WriteState(state, DurableEnd);
    }

    /// <summary>Appends batches at the log end; durable only after <see cref="Flush"/>.</summary>
    /// <param name="batches">A leader's own get base offset and epoch, its control batches their bytes; those from a peer go in as they are.</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    public void Append(ImmutableArray<LogBatch> batches, long nowMs) => Run(() =>
    {
        foreach (LogBatch batch in batches)
        {
            Invariant.Check(batch.BaseOffset == LogEnd);
            Invariant.Check(batch.Epoch <= State.Epoch || (_sabotage & QuorumSabotage.NoStateSync) != 0); // C-3.1
            ReadOnlyMemory<byte> bytes = batch.Bytes.IsEmpty
                ? ControlRecords.Encode(batch.Control.Select(ControlRecords.ToWire), batch.BaseOffset, batch.Epoch, nowMs)
                : batch.Bytes;
            Invariant.Check(RecordBatchHeader.TryRead(bytes.Span, out RecordBatchHeader header));
            Invariant.Check(batch.BaseOffset.Plus(header.LastOffsetDelta + 1) == batch.EndOffset);
            _log.Append(header, new ReadOnlySequence<byte>(bytes), batch.Epoch, nowMs);
        }
    });

    /// <summary>Makes everything appended before the call durable, and returns where that ends.</summary>
    public Offset Flush()
    {
        Offset end = default;
        Run(() => end = _log.Flush());
        return end;
    }

    /// <summary>Cuts the log to <paramref name="target"/>, durably (C-4.7, P26).</summary>
    public void Truncate(Offset target)
    {
        // A snapshot is of committed records only.
        Invariant.Check(_snapshots.Newest is not { } newest || newest.EndOffset <= target || target >= LogEnd);
        LowerBound(target);
        Run(() => _log.TruncateTo(target));
        Invariant.Check(LogEnd <= target);
    }

    /// <summary>Empties the log; it begins anew at the end of a snapshot that is in place. Durable (C-10.4).</summary>
    public void Reset(SnapshotId id)
    {
        Invariant.Check(_snapshots.Ids.Contains(id));
        LowerBound(id.EndOffset);
        Run(() => _log.TruncateFullyAt(id.EndOffset));
    }

    /// <summary>Notes up to where the log is durable, so that damage below it is told from a torn tail (C-13.6). Call it every few seconds.</summary>
    public void Checkpoint()
    {
        // First the bound, then the point from which recovery reads: damage between them is then never taken for a torn tail.
        WriteState(State, DurableEnd);
        Run(_logDirectory.WriteCheckpoints);
    }

    /// <summary>Whole batches from <paramref name="from"/> on below <paramref name="bound"/>: at least one when there is one, at most <paramref name="maxBytes"/> otherwise.</summary>
    /// <remarks>May return less than there is; read on from the end of the last batch.</remarks>
    public ReadOnlyMemory<byte> Read(Offset from, Offset bound, int maxBytes) => LogBytes.Read(_log, from, bound, maxBytes);

    /// <summary>Takes a peer's bytes apart: whole sound batches from the front, up to the first that is not (C-4.8).</summary>
    public static ImmutableArray<LogBatch> Parse(ReadOnlyMemory<byte> bytes) => BatchParser.Parse(bytes);

    /// <summary>The record values of a data batch, in order; none for a control batch.</summary>
    public static ImmutableArray<ReadOnlyMemory<byte>> Values(LogBatch batch) => BatchValues.Of(batch);

    /// <summary>A data batch of these values, base offset and epoch still to be set.</summary>
    public static ReadOnlyMemory<byte> Encode(IReadOnlyList<ReadOnlyMemory<byte>> values, long nowMs) => BatchValues.Encode(values, nowMs);

    /// <summary>Writes a snapshot of the state after [0, id.EndOffset) (C-10.1); durable when it returns.</summary>
    /// <param name="id">Ends at a batch border at or below the high watermark.</param>
    /// <param name="voters">Voters in force at its end.</param>
    public void CreateSnapshot(SnapshotId id, VoterSet voters, IEnumerable<ReadOnlyMemory<byte>> records, long nowMs)
    {
        Invariant.Check(id.EndOffset <= LogEnd);
        Run(() => _snapshots.Create(new SnapshotContent(id, voters, [.. records]), nowMs));
    }

    /// <summary>The record values of a snapshot, verified again.</summary>
    /// <exception cref="StorageException">It is damaged (C-10.5).</exception>
    public ImmutableArray<ReadOnlyMemory<byte>> LoadSnapshot(SnapshotId id) => _snapshots.Read(id).Records;

    /// <summary>The voters that a snapshot names.</summary>
    public VoterSet SnapshotVoters(SnapshotId id) => _snapshots.VotersOf(id);

    /// <summary>Adds a chunk to the snapshot that is being fetched; position 0 begins anew (C-10.4).</summary>
    public void StoreChunk(SnapshotId id, long position, ReadOnlyMemory<byte> bytes) =>
        Run(() => _snapshots.StoreChunk(id, position, bytes.Span));

    /// <summary>Verifies the fetched snapshot and makes it durable (C-10.4); returns its voters.</summary>
    /// <returns>Null when it is damaged: it is dropped.</returns>
    public VoterSet? FinishSnapshot(SnapshotId id)
    {
        VoterSet? voters = null;
        Run(() => voters = _snapshots.Finish(id)?.Voters);
        return voters;
    }

    /// <summary>Drops the snapshot that is being fetched.</summary>
    public void AbandonSnapshot(SnapshotId id) => Run(() => _snapshots.Abandon(id));

    /// <summary>A piece of a snapshot's file, and the file's size; null when it is not here, or is the bootstrap snapshot (7.5).</summary>
    /// <remarks>The piece is empty when the position is outside the file.</remarks>
    public (ReadOnlyMemory<byte> Bytes, long Size)? ReadChunk(SnapshotId id, long position, int maxBytes) =>
        _snapshots.ReadChunk(id, position, maxBytes);

    /// <summary>Deletes the oldest snapshot and the log below the next one, when there is a next one in the log (C-10.3).</summary>
    /// <returns>The snapshot that is now the oldest; null when nothing was deleted.</returns>
    public SnapshotId? DeleteOld()
    {
        ImmutableArray<SnapshotId> ids = _snapshots.Ids;
        if (ids.Length < 2 || ids[1].EndOffset > DurableEnd)
        {
            return null;
        }

        Run(() =>
        {
            // The log start is durable before anything that it needs not is gone; the order of the two deletions is free.
            _log.AdvanceLogStart(ids[1].EndOffset);
            _snapshots.Delete(ids[0]);
        });
        return ids[1];
    }

    /// <summary>Flushes everything and closes; the next start reads less.</summary>
    public void CloseCleanly()
    {
        Flush();
        Checkpoint();
        Run(() => _logDirectory.CloseCleanly(BrokerEpoch.None));
        Dispose();
    }

    /// <summary>Lets the files go; nothing is flushed.</summary>
    public void Dispose()
    {
        _logDirectory.Dispose();
        _ownLock.Dispose();
    }

    /// <summary>Before anything durable is removed: it is no longer promised.</summary>
    private void LowerBound(Offset end)
    {
        if (_stored.DurableBound > end && (_sabotage & QuorumSabotage.KeepBound) == 0)
        {
            WriteState(State, end);
        }
    }

    private void WriteState(QuorumState state, Offset durableEnd) => Run(() =>
    {
        lock (_stateLock)
        {
            var next = new StoredState(state, durableEnd, _stored.Generation + 1);
            QuorumStateFile.Write(_fileSystem, _directory, next, _sabotage);
            _stored = next;
        }
    });

    /// <summary>Runs a change; a failure is the last.</summary>
    private void Run(Action change)
    {
        if (_failure is { } failure)
        {
            throw new StorageException(
                StorageErrorKind.Stopped, $"The quorum folder {_directory} stopped after a failure and takes no more changes: {failure.Message}", failure);
        }

        try
        {
            change();
        }
        catch (StorageException exception)
        {
            _failure = exception;
            throw;
        }
    }
}
