using System.Buffers;
using System.Diagnostics;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Benchmarks.Storage;

/// <summary>What the log benchmarks share: a fresh folder, a batch, a clock for wall and processor time.</summary>
internal static class LogBench
{
    internal const long TotalBytes = 512L << 20;

    internal static LogDirectory NewDirectory(string root, IFileSystem? fileSystem = null)
    {
        string path = $"{root}/{Guid.NewGuid():N}";
        IFileSystem files = fileSystem ?? PhysicalFileSystem.Instance;
        LogDirectory.Format(files, path, new DirectoryIdentity(Guid.NewGuid(), new NodeId(1), Guid.NewGuid()));
        return LogDirectory.Open(files, path, new LogDirectoryOptions());
    }

    internal static ReadOnlyMemory<byte> Batch(int batchBytes)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = batchBytes });
        byte[] value = new byte[1000];
        new Random(1).NextBytes(value);
        while (builder.TryAppend(1000, default, value))
        {
        }

        return builder.Build().ToArray();
    }

    /// <summary>Runs once and prints MB/s and processor seconds per GB.</summary>
    internal static void Measure(string name, long bytes, Action run)
    {
        using var process = Process.GetCurrentProcess();
        TimeSpan cpuBefore = process.TotalProcessorTime;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        run();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        process.Refresh();
        double cpuSeconds = (process.TotalProcessorTime - cpuBefore).TotalSeconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Console.WriteLine(
            $"{name,-46} {bytes / 1e6 / wall.TotalSeconds,8:F0} MB/s  {cpuSeconds / (bytes / 1e9),6:F3} CPU s/GB  {allocated,9} B allocated");
    }

    internal static void AppendAll(PartitionLog log, ReadOnlyMemory<byte> batch, long totalBytes)
    {
        RecordBatchHeader.TryRead(batch.Span, out RecordBatchHeader header);
        var sequence = new ReadOnlySequence<byte>(batch);
        for (long at = 0; at < totalBytes; at += batch.Length)
        {
            log.Append(header, sequence, new LeaderEpoch(0), nowMs: 1000);
        }
    }
}
