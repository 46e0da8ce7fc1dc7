using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>Opens a partition's folder: trusts it after a clean stop, else checks and repairs what lies past the recovery point .</summary>
/// <remarks>
/// Whatever it changes, it changes so that a crash at any point leaves a folder from which the same log is recovered:
/// later segments go from high to low; a rewritten tail is durable under its own name before the old bytes are cut.
/// </remarks>
internal sealed class LogLoader
{
    private readonly IFileSystem _fileSystem;
    private readonly string _directory;
    private readonly LoadRequest _request;
    private readonly FolderListing _listing;
    private readonly EpochCache _epochs = new();
    private readonly LogProducers _producers;
    private readonly SegmentOpener _opener;
    private readonly SegmentRepair _repair;
    private bool _isClean;
    private long _scannedBytes;
    private long _cutBytes;
    private string? _problem;

    internal LogLoader(IFileSystem fileSystem, string directory, LoadRequest request)
    {
        _fileSystem = fileSystem;
        _directory = directory;
        _request = request;
        _listing = FolderListing.Clean(fileSystem, directory);
        _producers = new LogProducers(fileSystem, directory);
        _opener = new SegmentOpener(fileSystem, directory, _listing, request.Options.IndexIntervalBytes, _epochs, request.Sabotage);
        _repair = new SegmentRepair(fileSystem, directory, _opener, request.Sabotage);
    }

    /// <summary>Recovers the log. Everything in the result is durable.</summary>
    internal LoadedLog Load()
    {
        List<Offset> bases = _listing.Bases;
        Offset logStart = _request.Checkpointed.LogStart ?? Offset.Zero;
        DeleteBelow(bases, logStart);
        CheckFront(bases, logStart);
        if (bases.Count == 0)
        {
            List<LogSegment> empty = [CreateEmpty(logStart)];
            LoadProducers(empty, logStart);
            return Complete(empty, logStart);
        }

        logStart = Offset.Max(logStart, bases[0]);
        List<LogSegment> segments = (_request.WasClean ? TryOpenClean(bases) : null) ?? OpenUnclean(bases);
        LoadProducers(segments, logStart);
        if (segments[^1].EndOffset < logStart)
        {
            // The log start ran ahead of the data: a reset was interrupted, or unflushed data below it is gone.
            // Nothing that anybody still wants is missing, unless the recovery point says so.
            _problem = null;
            DeleteAll(segments);
            segments = [CreateEmpty(logStart)];
            _epochs.Clear();
        }

        return Complete(segments, logStart);
    }

    private void DeleteBelow(List<Offset> bases, Offset logStart)
    {
        while (bases.Count > 1 && bases[1] <= logStart)
        {
            SegmentFactory.Delete(_fileSystem, _directory, bases[0]);
            bases.RemoveAt(0);
        }
    }

    /// <summary>
    /// A first segment that begins above the log start: the name of the one before it was lost. If that was never
    /// durable, nothing behind it counts either (the log stays a prefix of what it was); else it is damage, and what is
    /// left is kept and reported.
    /// </summary>
    private void CheckFront(List<Offset> bases, Offset logStart)
    {
        bool isMissing = _request.Checkpointed.LogStart is not null && bases.Count > 0 && bases[0] > logStart;
        if (!isMissing)
        {
            return;
        }

        if (_request.Checkpointed.RecoveryPoint >= bases[0])
        {
            _problem = $"{_directory} has no segment for offset {logStart}, although it was flushed once: the log begins at {bases[0]}.";
        }
        else
        {
            DeleteLater(bases, keep: 0);
        }
    }

    private LogSegment CreateEmpty(Offset start)
    {
        LogSegment segment = SegmentFactory.Create(_fileSystem, _directory, start, _request.Options);
        _fileSystem.SyncDirectory(_directory);
        return segment;
    }

    private void DeleteAll(List<LogSegment> segments)
    {
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            SegmentFactory.SetAside(_fileSystem, _directory, segments[i].BaseOffset);
        }

        _fileSystem.SyncDirectory(_directory);
        foreach (LogSegment segment in segments)
        {
            SegmentFactory.DeleteSetAside(_fileSystem, _directory, segment.BaseOffset);
            segment.Release();
        }
    }

    /// <summary>Null when the files are not as a clean stop leaves them: they are then checked like after a crash.</summary>
    private List<LogSegment>? TryOpenClean(List<Offset> bases)
    {
        if (_opener.TryOpenCleanLast(bases[^1]) is not { } last)
        {
            return null;
        }

        if (_request.Checkpointed.RecoveryPoint is { } recoveryPoint && recoveryPoint != last.EndOffset)
        {
            last.Release();
            return null;
        }

        _isClean = true;
        List<LogSegment> segments = OpenTrusted(bases, bases.Count - 1);
        segments.Add(last);
        LoadEpochs(segments, last.EndOffset);
        return segments;
    }

    private List<LogSegment> OpenTrusted(List<Offset> bases, int count)
    {
        var segments = new List<LogSegment>(bases.Count);
        for (int i = 0; i < count; i++)
        {
            segments.Add(_opener.OpenTrusted(bases[i], bases[i + 1]));
            if (segments[i].SizeInBytes == 0)
            {
                _problem ??= $"{segments[i].LogPath} is empty, although it lies below the recovery point.";
            }
        }

        return segments;
    }

    private List<LogSegment> OpenUnclean(List<Offset> bases)
    {
        Offset recoveryPoint = _request.Checkpointed.RecoveryPoint ?? Offset.Zero;
        var scan = new TailScan(_fileSystem, _directory, _listing, _request.Sabotage);
        List<ScannedSegment> scanned = scan.Run(recoveryPoint);
        _scannedBytes = scan.ScannedBytes;
        _cutBytes = scan.CutBytes;
        _problem ??= scan.Problem;
        if ((_request.Sabotage & Sabotage.KeepLaterSegments) == 0)
        {
            DeleteLater(bases, scan.First + scanned.Count);
        }

        List<LogSegment> segments = OpenTrusted(bases, scan.First);
        // Where nothing was found at the recovery point the whole segment was scanned: its epochs come from its batches.
        bool epochsKnown = LoadEpochsBelow(scan.Problem is null ? recoveryPoint : bases[scan.First]);
        for (int i = 0; i < scanned.Count; i++)
        {
            if (SegmentRepair.MovesTail(scanned[i]) && recoveryPoint <= _request.Checkpointed.LogStart)
            {
                KeepProducers(scanned[i], recoveryPoint, segments);
            }

            segments.Add(_repair.Repair(scanned[i], recoveryPoint, isLast: i == scanned.Count - 1));
        }

        _fileSystem.SyncDirectory(_directory);
        if (!epochsKnown)
        {
            _epochs.Load(EpochWalk.Run(segments));
        }

        return segments;
    }

    private void DeleteLater(List<Offset> bases, int keep)
    {
        for (int i = bases.Count - 1; i >= keep; i--)
        {
            SegmentFactory.SetAside(_fileSystem, _directory, bases[i]);
        }

        if (keep < bases.Count)
        {
            _fileSystem.SyncDirectory(_directory);
        }

        for (int i = bases.Count - 1; i >= keep; i--)
        {
            SegmentFactory.DeleteSetAside(_fileSystem, _directory, bases[i]);
        }

        bases.RemoveRange(keep, bases.Count - keep);
    }

    /// <summary>
    /// while the tail has a file of its own, a recovery that finds it deletes what is in front of it, which lies below
    /// the log start; should this one be interrupted there, that would be all that was known of some producers.
    /// </summary>
    private void KeepProducers(ScannedSegment scanned, Offset end, List<LogSegment> segments)
    {
        LogSegment front = SegmentFactory.Open(_fileSystem, _directory, scanned.BaseOffset);
        try
        {
            front.Publish(new SegmentEnd(end.Value - scanned.BaseOffset.Value, scanned.FlushedPosition));
            _producers.Keep(new SegmentList([.. segments, front]), end);
        }
        finally
        {
            front.Release();
        }
    }

    private void LoadEpochs(List<LogSegment> segments, Offset logEnd)
    {
        if (!LoadEpochsBelow(logEnd))
        {
            _epochs.Load(EpochWalk.Run(segments));
        }
    }

    /// <summary>Takes the checkpointed epochs that begin below <paramref name="end"/>; false when there is no readable checkpoint.</summary>
    private bool LoadEpochsBelow(Offset end)
    {
        if (LeaderEpochFile.TryRead(_fileSystem, _directory) is not { } entries)
        {
            return false;
        }

        _epochs.LoadSaved(entries);
        if ((_request.Sabotage & Sabotage.TrustEpochFile) == 0)
        {
            _epochs.TruncateFromEnd(end);
        }

        return true;
    }

    private LoadedLog Complete(List<LogSegment> segments, Offset logStart)
    {
        Offset logEnd = segments[^1].EndOffset;
        _epochs.TruncateFromEnd(logEnd);
        _epochs.TruncateFromStart(logStart);
        CheckpointedOffsets checkpointed = _request.Checkpointed;
        if (logEnd < checkpointed.RecoveryPoint)
        {
            _problem ??= $"The log ends at {logEnd}, but everything below {checkpointed.RecoveryPoint} was flushed once.";
        }

        if (logEnd < checkpointed.Flushed)
        {
            // The recovery point may lag far behind.
            _problem ??= $"The log ends at {logEnd}, but everything below {checkpointed.Flushed} was committed, and flushed here, once.";
        }

        _problem ??= _opener.Problem;
        var report = new LogRecoveryReport(_isClean, _scannedBytes, _cutBytes, _repair.RewrittenBytes, _problem);
        return new LoadedLog(new SegmentList([.. segments]), _epochs, _producers, logStart, logEnd, LastEpoch(segments), report);
    }

    /// <summary>R-14.6, before anything more is deleted; and written, so that no later deletion can take what this needed .</summary>
    private void LoadProducers(List<LogSegment> segments, Offset logStart)
    {
        // Durably: the log will grow past its end again, with other batches.
        Offset logEnd = Offset.Max(segments[^1].EndOffset, logStart);
        bool keep = (_request.Sabotage & Sabotage.KeepProducerSnapshots) != 0;
        if (!keep && ProducerSnapshots.List(_fileSystem, _directory).Any(offset => offset > logEnd))
        {
            ProducerSnapshots.DeleteAbove(_fileSystem, _directory, logEnd);
            _fileSystem.SyncDirectory(_directory);
        }

        _producers.Keep(new SegmentList([.. segments]), logEnd);
    }

    private LeaderEpoch LastEpoch(List<LogSegment> segments)
    {
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i].SizeInBytes > 0)
            {
                return SegmentResume.TryReadLast(segments[i], out RecordBatchHeader last)
                    ? last.PartitionLeaderEpoch
                    : Damaged(segments[i]);
            }
        }

        return LeaderEpoch.Unknown;
    }

    private LeaderEpoch Damaged(LogSegment segment)
    {
        _problem ??= $"{segment.LogPath} is damaged: its last batch was not found.";
        return _epochs.Latest;
    }
}
