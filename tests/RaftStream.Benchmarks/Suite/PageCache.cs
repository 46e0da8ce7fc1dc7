namespace RaftStream.Benchmarks.Suite;

/// <summary>
/// Gets memory for a run's files from the host beforehand. A virtual machine gives idle pages back to its host, and the first
/// writes after a pause run ten times slower than later ones: that would measure the host.
/// </summary>
internal static class PageCache
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    /// <summary>Writes a file of that size and deletes it; less when memory is short.</summary>
    public static void Touch(string folder, long bytes)
    {
        bytes = Math.Min(bytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
        string path = Path.Combine(folder, "prewarm");
        byte[] chunk = new byte[ChunkBytes];
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            for (long written = 0; written < bytes; written += ChunkBytes)
            {
                file.Write(chunk);
            }
        }

        File.Delete(path);
    }
}
