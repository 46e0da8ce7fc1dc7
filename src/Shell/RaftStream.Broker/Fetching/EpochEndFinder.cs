using RaftStream.Broker.Partitions;
using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>Where a reign ends.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> or why it was not found.</param>
/// <param name="Epoch">The last reign at or below the asked one that left records; unknown when the log cannot say.</param>
/// <param name="EndOffset">Exclusive end of its records; -1 when the log cannot say.</param>
public readonly record struct FoundEpochEnd(ErrorCode Error, LeaderEpoch Epoch, Offset EndOffset);

/// <summary>OffsetForLeaderEpoch .</summary>
internal static class EpochEndFinder
{
    /// <summary>Finds the end of one reign; the checks are those of reads .</summary>
    public static FoundEpochEnd Find(PartitionCell cell, LeaderEpoch epoch, LeaderEpoch callersEpoch)
    {
        PartitionRole role = cell.Role;
        ErrorCode error = PartitionReader.CheckEpoch(role, callersEpoch);
        if (error != ErrorCode.None || epoch.Value < 0 || epoch > role.LeaderEpoch)
        {
            return new FoundEpochEnd(error, LeaderEpoch.Unknown, new Offset(-1));
        }

        EpochEndOffset end = cell.Log.EndOffsetForEpoch(epoch);

        // The reign that goes on ends at the log's end, also while nothing was written in it.
        return new FoundEpochEnd(ErrorCode.None, epoch == role.LeaderEpoch ? epoch : end.Epoch, end.EndOffset);
    }
}
