using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Fetching;

/// <summary>An offset found by time.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> or why it was not found.</param>
/// <param name="Offset">-1 when there is no such record.</param>
/// <param name="TimestampMs">Its time, milliseconds since 1970; -1 for ends of the log.</param>
/// <param name="LeaderEpoch">Epoch of the record, or of the leader for ends of the log.</param>
public readonly record struct FoundOffset(ErrorCode Error, Offset Offset, long TimestampMs, LeaderEpoch LeaderEpoch);

/// <summary>ListOffsets .</summary>
internal static class OffsetFinder
{
    /// <summary>Asks for the high watermark.</summary>
    public const long Latest = -1;

    /// <summary>Asks for the log start.</summary>
    public const long Earliest = -2;

    /// <summary>Asks for the record with the largest timestamp.</summary>
    public const long MaxTimestamp = -3;

    /// <summary>Finds one offset.</summary>
    /// <param name="timestampMs">A time, or one of the constants above.</param>
    public static FoundOffset Find(PartitionCell cell, long timestampMs, LeaderEpoch callersEpoch)
    {
        PartitionRole role = cell.Role;
        ErrorCode error = PartitionReader.CheckEpoch(role, callersEpoch);
        if (error != ErrorCode.None)
        {
            return Failed(error);
        }

        Offset bound = cell.HighWatermark;
        bool isNewReignBehind = bound < cell.ReignStart;
        try
        {
            return timestampMs switch
            {
                Earliest => new FoundOffset(ErrorCode.None, cell.Log.LogStartOffset, -1, role.LeaderEpoch),
                Latest or MaxTimestamp when isNewReignBehind => Failed(ErrorCode.OffsetNotAvailable), // KIP-207
                Latest => new FoundOffset(ErrorCode.None, bound, -1, role.LeaderEpoch),
                MaxTimestamp => Record(cell.Log.FindMaxTimestamp(bound)),
                < 0 => Failed(ErrorCode.InvalidRequest),
                _ => Record(cell.Log.FindByTimestamp(timestampMs, bound)),
            };
        }
        catch (StorageException exception)
        {
            if (exception.IsDamage)
            {
                cell.FoundDamage(exception.Message);
            }

            return Failed(PartitionReader.WhyUnreadable(cell, ErrorCode.KafkaStorageError));
        }
    }

    private static FoundOffset Record(TimestampOffset? found) => found is { } record
        ? new FoundOffset(ErrorCode.None, record.Offset, record.TimestampMs, record.LeaderEpoch)
        : new FoundOffset(ErrorCode.None, new Offset(-1), -1, LeaderEpoch.Unknown);

    private static FoundOffset Failed(ErrorCode error) => new(error, new Offset(-1), -1, LeaderEpoch.Unknown);
}
