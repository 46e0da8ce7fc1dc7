using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary><c>partition.metadata</c> in a partition's folder: whose data it is, durable before the first byte .</summary>
internal static class PartitionMetadataFile
{
    internal const string Name = "partition.metadata";
    private const int Version = 1;
    private const string TopicIdName = "topic.id";

    internal static void Write(IFileSystem fileSystem, string directory, TopicId topicId) =>
        PropertiesFile.Write(fileSystem, directory, Name, Version, [(TopicIdName, topicId.ToString())]);

    /// <summary>The topic id; null when missing or damaged: the folder is then set aside .</summary>
    internal static TopicId? TryRead(IFileSystem fileSystem, string directory)
    {
        Dictionary<string, string>? properties = PropertiesFile.TryRead(fileSystem, directory, Name, Version);
        return properties is not null
            && properties.TryGetValue(TopicIdName, out string? text)
            && Guid.TryParseExact(text, "D", out Guid id)
            ? new TopicId(id)
            : null;
    }
}
