using RaftStream.Storage;

namespace RaftStream.Benchmarks.Storage;

/// <summary>What the log adds to the bare write of the same bytes: <c>log-append [folder]</c>.</summary>
/// <remarks>
/// The things compared alternate, and a first round is thrown away: memory that the machine gave back to its host makes
/// the first file of a run several times slower.
/// </remarks>
internal static class LogAppendBenchmarks
{
    internal static void Run(string root)
    {
        Directory.CreateDirectory(root);
        for (int round = 0; round < 3; round++)
        {
            Console.WriteLine(round == 0 ? "-- warm-up" : $"-- round {round}");
            foreach (int batchBytes in (int[])[4 << 10, 64 << 10, 256 << 10])
            {
                ReadOnlyMemory<byte> batch = LogBench.Batch(batchBytes);
                string size = $"{batchBytes >> 10} KiB";
                BareWrite($"bare RandomAccess.Write, {size}", root, batch);
                Append($"log append, flush=os, {size}", root, batch, LogOptions.Default with { Flush = FlushMode.Os });
                Append($"log append, preallocated, {size}", root, batch, LogOptions.Default with { Flush = FlushMode.Os, Preallocate = true, SegmentBytes = 256 << 20 });
            }

            GroupCommit("append + flush, one at a time, 64 KiB", root, LogBench.Batch(64 << 10), preallocate: false);
            GroupCommit("append + flush, preallocated, 64 KiB", root, LogBench.Batch(64 << 10), preallocate: true);
            GroupCommit("append + flush, one at a time, 4 KiB", root, LogBench.Batch(4 << 10), preallocate: false);
        }
    }

    private static void BareWrite(string name, string root, ReadOnlyMemory<byte> batch)
    {
        string path = $"{root}/bare";
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            LogBench.Measure(name, LogBench.TotalBytes, () =>
            {
                for (long at = 0; at < LogBench.TotalBytes; at += batch.Length)
                {
                    RandomAccess.Write(file, batch.Span, at);
                }
            });
        }

        File.Delete(path);
    }

    private static void Append(string name, string root, ReadOnlyMemory<byte> batch, LogOptions options)
    {
        string folder = $"{root}/append";
        using (LogDirectory directory = LogBench.NewDirectory(folder))
        {
            PartitionLog log = directory.Create("bench", 0, new Model.TopicId(Guid.NewGuid()), options);
            LogBench.Measure(name, LogBench.TotalBytes, () => LogBench.AppendAll(log, batch, LogBench.TotalBytes));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static void GroupCommit(string name, string root, ReadOnlyMemory<byte> batch, bool preallocate)
    {
        const int Commits = 500;
        string folder = $"{root}/commit";
        using (LogDirectory directory = LogBench.NewDirectory(folder))
        {
            PartitionLog log = directory.Create(
                "bench", 0, new Model.TopicId(Guid.NewGuid()), LogOptions.Default with { Preallocate = preallocate, SegmentBytes = 256 << 20 });
            LogBench.Measure(name, (long)Commits * batch.Length, () =>
            {
                for (int i = 0; i < Commits; i++)
                {
                    LogBench.AppendAll(log, batch, batch.Length);
                    log.Flush();
                }
            });
        }

        Directory.Delete(folder, recursive: true);
    }
}
