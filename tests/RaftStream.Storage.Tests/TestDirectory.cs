using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>A formatted data folder on some file system.</summary>
internal static class TestDirectory
{
    internal const string Path = "/data";

    internal static readonly DirectoryIdentity Identity = new(
        new Guid("11111111-1111-1111-1111-111111111111"), new NodeId(1), new Guid("22222222-2222-2222-2222-222222222222"));

    internal static readonly TopicId Topic = new(new Guid("33333333-3333-3333-3333-333333333333"));

    internal static readonly LogDirectoryOptions OneByOne = new() { RecoveryParallelism = 1 };

    internal static LogDirectory OpenNew(IFileSystem fileSystem, string path = Path, LogDirectoryOptions? options = null)
    {
        LogDirectory.Format(fileSystem, path, Identity);
        return LogDirectory.Open(fileSystem, path, options ?? OneByOne);
    }

    internal static PartitionLog CreateLog(this LogDirectory directory, LogOptions? options = null) =>
        directory.Create("t", 0, Topic, options ?? LogOptions.Default);
}
