using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Storage;

namespace RaftStream.Quorum.Storage;

/// <summary>Brings the log and the snapshots of one folder together (C-13.3), and says what they hold.</summary>
internal static class LogRecovery
{
    /// <summary>Recovery may have cut at damage far below the bound: what the newest snapshot does not hold must be there (C-13.6).</summary>
    /// <exception cref="StorageException">It is not.</exception>
    internal static void CheckEnd(PartitionLog log, SnapshotStore snapshots, Offset bound, QuorumSabotage sabotage)
    {
        bool isNeeded = bound > (snapshots.Newest?.EndOffset ?? Offset.Zero);
        if (isNeeded && log.LogEndOffset < bound && (sabotage & QuorumSabotage.IgnoreBound) == 0)
        {
            throw QuorumStateFile.Refused(
                StorageErrorKind.Corrupt, $"The log ends at {log.LogEndOffset}, although everything below {bound} was durable once.");
        }
    }

    /// <summary>Repeats a reset that a crash interrupted; sees that the log begins where a snapshot ends (C-10.3, C-10.4, S-C9).</summary>
    /// <exception cref="StorageException">The log's front is gone and no snapshot stands for it.</exception>
    internal static void AlignWithSnapshots(PartitionLog log, SnapshotStore snapshots, QuorumSabotage sabotage)
    {
        if (snapshots.Newest is { } newest && IsAhead(newest, log, snapshots) && (sabotage & QuorumSabotage.NoResetAtOpen) == 0)
        {
            log.TruncateFullyAt(newest.EndOffset);
            return;
        }

        if (log.SuspectReason is { } reason)
        {
            throw QuorumStateFile.Refused(StorageErrorKind.Corrupt, reason);
        }

        if (log.LogStartOffset == Offset.Zero)
        {
            return;
        }

        // The oldest snapshot at or behind the log's start. Behind it only when the checkpoint of the log start was lost.
        SnapshotId? front = snapshots.Ids.Cast<SnapshotId?>().FirstOrDefault(id => id!.Value.EndOffset >= log.LogStartOffset);
        if (front is not { } found)
        {
            throw QuorumStateFile.Refused(
                StorageErrorKind.Corrupt, $"The log begins at {log.LogStartOffset}, and no sound snapshot holds what was before it.");
        }

        log.AdvanceLogStart(found.EndOffset);
    }

    /// <summary>Epochs, voters and snapshots for the node.</summary>
    /// <exception cref="StorageException">The log is damaged.</exception>
    internal static RecoveredLog Describe(PartitionLog log, SnapshotStore snapshots, QuorumSabotage sabotage)
    {
        LogScan scan = (sabotage & QuorumSabotage.NoLogCheck) == 0 ? LogScan.Run(log) : new LogScan();
        var voters = scan.Voters.ToList();
        if (snapshots.Newest is { } newest && snapshots.VotersOf(newest) is { Voters.Length: > 0 } set)
        {
            int at = voters.FindIndex(entry => entry.Offset >= newest.EndOffset);
            voters.Insert(at < 0 ? voters.Count : at, new VotersAt(newest.EndOffset, set));
        }

        if (voters.Count == 0 && snapshots.FoundDamage)
        {
            throw QuorumStateFile.Refused(StorageErrorKind.Corrupt, "The only snapshot is damaged, and with it who the voters are.");
        }

        return new RecoveredLog
        {
            LogStart = log.LogStartOffset,
            LogEnd = log.LogEndOffset,
            Epochs = scan.Epochs,
            Snapshots = snapshots.Ids,
            Voters = [.. voters],
        };
    }

    /// <summary>A log with a later epoch than the state says that the vote of that epoch was forgotten (C-3.1, P29).</summary>
    /// <returns>The state to go on with.</returns>
    /// <exception cref="StorageException">This replica may be a voter.</exception>
    internal static QuorumState CheckEpoch(QuorumState state, RecoveredLog recovered, QuorumStoreOptions options)
    {
        LeaderEpoch last = recovered.Epochs is [.., EpochStart entry] ? entry.Epoch : state.Epoch;
        foreach (SnapshotId id in recovered.Snapshots)
        {
            last = id.Epoch > last ? id.Epoch : last;
        }

        if (last <= state.Epoch || (options.Sabotage & QuorumSabotage.IgnoreLogEpoch) != 0)
        {
            return state;
        }

        return options.CanBecomeVoter
            ? throw QuorumStateFile.Refused(
                StorageErrorKind.Corrupt, $"The log holds epoch {last}, but {QuorumStateFile.Name} says {state.Epoch}: an older state came back.")
            : new QuorumState(last, NodeId.None, null);
    }

    private static bool IsAhead(SnapshotId newest, PartitionLog log, SnapshotStore snapshots)
    {
        if (newest.EndOffset > log.LogEndOffset)
        {
            return true;
        }

        bool isEmpty = log.LogStartOffset == log.LogEndOffset;
        LeaderEpoch last = isEmpty
            ? snapshots.Ids.LastOrDefault(id => id.EndOffset == log.LogStartOffset).Epoch
            : log.LastEpoch;
        return newest.Epoch > last;
    }
}
