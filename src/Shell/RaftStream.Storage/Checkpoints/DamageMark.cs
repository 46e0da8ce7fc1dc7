using System.Text;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary><c>damaged</c> in a partition's folder: a read has found that durable records are gone or changed, and why that is believed .</summary>
internal static class DamageMark
{
    internal const string Name = "damaged";

    /// <summary>The reason, durable when it returns.</summary>
    internal static void Write(IFileSystem fileSystem, string directory, string reason) =>
        AtomicFile.Replace(fileSystem, directory, Name, Encoding.UTF8.GetBytes(reason));

    /// <summary>The reason; null when nothing was found.</summary>
    internal static string? TryRead(IFileSystem fileSystem, string directory) =>
        AtomicFile.TryRead(fileSystem, directory, Name) is { } reason ? Encoding.UTF8.GetString(reason) : null;

    /// <summary>Durable when it returns.</summary>
    internal static void Remove(IFileSystem fileSystem, string directory)
    {
        fileSystem.DeleteFile($"{directory}/{Name}");
        fileSystem.SyncDirectory(directory);
    }
}
