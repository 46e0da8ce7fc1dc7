using System.Globalization;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary><c>clean-shutdown</c>: says that every log was complete and flushed when the process ended (S-S7, P55).</summary>
internal static class CleanShutdownFile
{
    internal const string Name = "clean-shutdown";
    private const int Version = 1;
    private const string BrokerEpochName = "broker.epoch";

    /// <summary>Written last of all, after every log was loaded, flushed and closed.</summary>
    internal static void Write(IFileSystem fileSystem, string directory, BrokerEpoch brokerEpoch) =>
        PropertiesFile.Write(
            fileSystem,
            directory,
            Name,
            Version,
            [(BrokerEpochName, brokerEpoch.Value.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>Reads the file and removes it durably before anything else is written; null when the stop was not clean.</summary>
    internal static BrokerEpoch? Take(IFileSystem fileSystem, string directory)
    {
        Dictionary<string, string>? properties = PropertiesFile.TryRead(fileSystem, directory, Name, Version);
        fileSystem.DeleteFile($"{directory}/{Name}");
        fileSystem.SyncDirectory(directory);
        return properties is not null
            && long.TryParse(
                properties.GetValueOrDefault(BrokerEpochName),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out long epoch)
            ? new BrokerEpoch(epoch)
            : null;
    }
}
