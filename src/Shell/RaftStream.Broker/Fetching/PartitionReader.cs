using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Fetching;

/// <summary>Reads for consumers, with the checks of in their order.</summary>
internal static class PartitionReader
{
    /// <summary>Reads once; never waits.</summary>
    /// <param name="maxBytes">Most bytes; the first batch comes whole even when it is larger, if <paramref name="atLeastOneBatch"/>.</param>
    public static PartitionRead Read(PartitionCell cell, in FetchPosition position, int maxBytes, bool atLeastOneBatch)
    {
        PartitionRole role = cell.Role;
        ErrorCode error = CheckEpoch(role, position.CurrentLeaderEpoch, position.FromFollower);
        if (error != ErrorCode.None)
        {
            return Failed(cell, role, error);
        }

        if (!role.IsLeader && position.Offset > cell.HighWatermark)
        {
            return Failed(cell, role, ErrorCode.OffsetNotAvailable); // behind, and no reason to reset anything (P67)
        }

        Offset logStart = cell.Log.LogStartOffset;
        if (position.Offset < logStart)
        {
            return Failed(cell, role, ErrorCode.OffsetOutOfRange);
        }

        if (DivergesAt(cell, position.Offset, position.LastFetchedEpoch) is { } diverging)
        {
            return Found(cell, role, cell.HighWatermark, diverging, default);
        }

        LogSlice slice;
        Offset seen;
        try
        {
            slice = cell.Read(position.Offset, maxBytes, atLeastOneBatch, out seen);
        }
        catch (StorageException)
        {
            return Failed(cell, cell.Role, WhyUnreadable(cell, ErrorCode.KafkaStorageError)); // The cell knows already.
        }

        return slice.Error == ErrorCode.None
            ? Found(cell, role, seen, null, slice)
            : Failed(cell, cell.Role, WhyUnreadable(cell, slice.Error));
    }

    /// <summary>A log that cannot be read may have been closed meanwhile, because its topic is gone: then that is the answer.</summary>
    public static ErrorCode WhyUnreadable(PartitionCell cell, ErrorCode error) => cell.Role is { IsLeader: false } role ? role.Error : error;

    /// <summary>Whether the caller's idea of the reign is right .</summary>
    /// <param name="fromFollower">A follower of that reign will do.</param>
    public static ErrorCode CheckEpoch(PartitionRole role, LeaderEpoch callers, bool fromFollower = false)
    {
        if (callers.Value >= 0 && callers != role.LeaderEpoch)
        {
            return callers < role.LeaderEpoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
        }

        return role.IsLeader || (fromFollower && role.State is not null && role.Error == ErrorCode.NotLeaderOrFollower) ? ErrorCode.None : role.Error;
    }

    /// <summary>R-6.2: the caller read something in an epoch that ended earlier than it believes; null when it did not.</summary>
    /// <param name="lastEpoch">Epoch of the last record that the caller has; unknown is not checked.</param>
    public static EpochEndOffset? DivergesAt(PartitionCell cell, Offset offset, LeaderEpoch lastEpoch)
    {
        if (lastEpoch.Value < 0)
        {
            return null;
        }

        EpochEndOffset end = cell.Log.EndOffsetForEpoch(lastEpoch);
        return end.Epoch < lastEpoch || end.EndOffset < offset ? end : null;
    }

    private static PartitionRead Found(
        PartitionCell cell, PartitionRole role, Offset highWatermark, EpochEndOffset? diverging, in LogSlice slice) => new()
        {
            HighWatermark = highWatermark,
            LogStartOffset = cell.Log.LogStartOffset,
            LeaderEpoch = role.LeaderEpoch,
            Diverging = diverging,
            Slice = slice,
        };

    private static PartitionRead Failed(PartitionCell cell, PartitionRole role, ErrorCode error) => new()
    {
        Error = error,
        HighWatermark = role.IsLeader ? cell.HighWatermark : new Offset(-1),
        LogStartOffset = role.IsLeader ? cell.Log.LogStartOffset : new Offset(-1),
        LeaderEpoch = role.LeaderEpoch,
    };
}
