using System.Diagnostics;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Cli.Bench;

/// <summary>The price of one fdatasync after a small append: what <c>flush=commit</c> cannot beat.</summary>
internal static class DiskProbe
{
    private const int AppendBytes = 4096;
    private const int Rounds = 500;

    /// <summary>Measures in a new file below <paramref name="folder"/>, which is deleted.</summary>
    /// <returns>Nanoseconds.</returns>
    public static Histogram Measure(string folder)
    {
        var files = new PhysicalFileSystem();
        string path = Path.Combine(folder, $".fdatasync-{Environment.ProcessId}");
        var histogram = new Histogram();
        byte[] bytes = new byte[AppendBytes];
        new Prng(seed: 1).Fill(bytes);
        try
        {
            using IFile file = files.Open(path, FileOpenMode.CreateOrTruncate);
            for (int i = 0; i < Rounds; i++)
            {
                file.Write(bytes, (long)i * AppendBytes);
                long start = Stopwatch.GetTimestamp();
                file.Flush();
                histogram.Record((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds);
            }
        }
        finally
        {
            files.DeleteFile(path);
        }

        return histogram;
    }
}
