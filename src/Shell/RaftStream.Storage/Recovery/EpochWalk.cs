using RaftStream.Records;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>Reads every header of the log to say which epoch begins where: only when the checkpoint is lost (P69).</summary>
internal static class EpochWalk
{
    internal static List<EpochEntry> Run(List<LogSegment> segments)
    {
        var epochs = new EpochCache();
        Span<byte> window = stackalloc byte[4096];
        foreach (LogSegment segment in segments)
        {
            var walk = new BatchWalk(segment.File, window);
            for (long position = 0; walk.TryRead(position, segment.SizeInBytes, out RecordBatchHeader header) == WalkStep.Batch;)
            {
                epochs.Assign(header.PartitionLeaderEpoch, header.BaseOffset);
                position += header.SizeInBytes;
            }
        }

        return [.. epochs.Entries];
    }
}
