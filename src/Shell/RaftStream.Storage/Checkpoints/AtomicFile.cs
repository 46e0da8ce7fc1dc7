using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Checkpoints;

/// <summary>Small files that are replaced as a whole: after a crash the old content or the new one, never a mixture .</summary>
internal static class AtomicFile
{
    /// <summary>Checkpoints are far smaller; a larger file is not one of ours.</summary>
    private const int MaxBytes = 256 << 20;

    /// <summary>Writes beside the file, flushes, renames over it and flushes the folder: durable when it returns.</summary>
    internal static void Replace(IFileSystem fileSystem, string directory, string name, ReadOnlySpan<byte> content)
    {
        string path = $"{directory}/{name}";
        string temporary = path + SegmentFiles.Temporary;
        using (IFile file = fileSystem.Open(temporary, FileOpenMode.CreateOrTruncate))
        {
            file.Write(content, 0);
            file.Flush();
        }

        fileSystem.Rename(temporary, path);
        fileSystem.SyncDirectory(directory);
    }

    /// <summary>The whole file; null when there is none.</summary>
    internal static byte[]? TryRead(IFileSystem fileSystem, string directory, string name)
    {
        string path = $"{directory}/{name}";
        if (!fileSystem.FileExists(path))
        {
            return null;
        }

        using IFile file = fileSystem.Open(path, FileOpenMode.Read);
        long length = file.Length;
        if (length > MaxBytes)
        {
            return null;
        }

        byte[] content = new byte[length];
        int read = file.Read(content, 0);
        return read == content.Length ? content : content[..read];
    }
}
