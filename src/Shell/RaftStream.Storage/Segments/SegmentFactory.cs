using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>Creates, opens and removes the files of segments.</summary>
internal static class SegmentFactory
{
    /// <summary>Creates an empty segment. Its name is not durable yet.</summary>
    internal static LogSegment Create(IFileSystem fileSystem, string directory, Offset baseOffset, LogOptions options)
    {
        IFile file = fileSystem.Open(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log), FileOpenMode.CreateNew);
        if (options.Preallocate)
        {
            file.Preallocate(options.SegmentBytes);
        }

        return new LogSegment(fileSystem, directory, baseOffset, file);
    }

    /// <summary>Opens an existing segment; its end and indexes are still to be set.</summary>
    internal static LogSegment Open(IFileSystem fileSystem, string directory, Offset baseOffset)
    {
        IFile file = fileSystem.Open(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log), FileOpenMode.ReadWrite);
        return new LogSegment(fileSystem, directory, baseOffset, file);
    }

    /// <summary>Removes the names of segments whose absence need not be durable: the log start says that they are gone.</summary>
    internal static void Delete(IFileSystem fileSystem, string directory, Offset baseOffset)
    {
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log));
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.OffsetIndex));
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.TimeIndex));
    }

    /// <summary>First step of a removal that must be durable: the log no longer has these names once the folder is flushed.</summary>
    internal static void SetAside(IFileSystem fileSystem, string directory, Offset baseOffset)
    {
        string path = SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log);
        fileSystem.Rename(path, path + SegmentFiles.Deleted);
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.OffsetIndex));
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.TimeIndex));
    }

    /// <summary>Second step: frees the space. A crash before it leaves a file that the next start removes.</summary>
    internal static void DeleteSetAside(IFileSystem fileSystem, string directory, Offset baseOffset) =>
        fileSystem.DeleteFile(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log) + SegmentFiles.Deleted);
}
