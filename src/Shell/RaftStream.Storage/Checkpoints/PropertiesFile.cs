using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary>Checkpoint files made of "name=value" lines.</summary>
internal static class PropertiesFile
{
    internal static void Write(
        IFileSystem fileSystem, string directory, string name, int version, IEnumerable<(string Name, string Value)> properties) =>
        AtomicFile.Replace(
            fileSystem, directory, name, CheckpointText.Encode(name, version, properties.Select(property => $"{property.Name}={property.Value}")));

    /// <summary>The properties; null when missing or damaged.</summary>
    internal static Dictionary<string, string>? TryRead(IFileSystem fileSystem, string directory, string name, int version)
    {
        string[]? lines = CheckpointText.TryDecode(name, version, AtomicFile.TryRead(fileSystem, directory, name));
        if (lines is null)
        {
            return null;
        }

        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                return null;
            }

            properties[line[..equals]] = line[(equals + 1)..];
        }

        return properties;
    }
}
