using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Benchmarks.Storage;

/// <summary>Reading the log out of the page cache into one buffer: <c>log-read [folder]</c>.</summary>
internal static class LogReadBenchmarks
{
    internal static void Run(string root)
    {
        Directory.CreateDirectory(root);
        foreach (int batchBytes in (int[])[4 << 10, 64 << 10])
        {
            string folder = $"{root}/read";
            using (LogDirectory directory = LogBench.NewDirectory(folder))
            {
                LogOptions options = LogOptions.Default with { Flush = FlushMode.Os, SegmentBytes = 128 << 20 };
                PartitionLog log = directory.Create("bench", 0, new TopicId(Guid.NewGuid()), options);
                LogBench.AppendAll(log, LogBench.Batch(batchBytes), LogBench.TotalBytes);
                for (int round = 0; round < 3; round++)
                {
                    string kind = $"{batchBytes >> 10}-KiB batches";
                    Sequential($"sequential, 1 MiB at a time, {kind}", log, 1 << 20);
                    Sequential($"sequential, 64 KiB at a time, {kind}", log, 64 << 10);
                    LookUps($"look-ups at random offsets, {kind}", log);
                }
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Sequential(string name, PartitionLog log, int maxBytes)
    {
        byte[] buffer = new byte[maxBytes * 2];
        LogBench.Measure(name, log.SizeInBytes, () =>
        {
            for (Offset next = log.LogStartOffset; next < log.LogEndOffset;)
            {
                using LogSlice slice = log.Read(next, maxBytes, log.LogEndOffset);
                slice.CopyTo(buffer, 0);
                next = slice.NextOffset;
            }
        });
    }

    private static void LookUps(string name, PartitionLog log)
    {
        const int Count = 200_000;
        var random = new Prng(1);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            using LogSlice slice = log.Read(new Offset(random.Next(0, log.LogEndOffset.Value)), 1, log.LogEndOffset);
        }

        double microseconds = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMicroseconds / Count;
        Console.WriteLine($"{name,-46} {microseconds,8:F2} us each");
    }
}
