using RaftStream.Storage;

namespace RaftStream.Server.Startup;

/// <summary>Says in words of the settings why a data folder cannot be used.</summary>
internal static class DataFolder
{
    private const string ChooseAnother = "or choose another folder with --data";

    /// <summary>Finds what no storage engine should have to find out: that the folder cannot be one.</summary>
    /// <exception cref="StartupException">The path is, or leads through, a file.</exception>
    public static void MustBePossible(string path)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            throw new StartupException($"the data folder {full} is a file; remove it, {ChooseAnother}");
        }

        for (string? parent = Path.GetDirectoryName(full); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (File.Exists(parent))
            {
                throw new StartupException($"the data folder {full} cannot be made: {parent} is a file; remove it, {ChooseAnother}");
            }
        }
    }

    /// <summary>What to tell the operator about a failure of the storage engine.</summary>
    public static StartupException Failure(string path, StorageException exception)
    {
        string full = Path.GetFullPath(path);
        string reason = exception.Message.TrimEnd('.');
        string message = exception.Kind switch
        {
            StorageErrorKind.Locked =>
                $"the data folder {full} is in use by another process; stop that one, {ChooseAnother}",
            StorageErrorKind.ReadOnly =>
                $"the data folder {full} cannot be written: {reason}; let this user write it, {ChooseAnother}",
            StorageErrorKind.DiskFull =>
                $"the disk of the data folder {full} is full: {reason}; make room, {ChooseAnother}",
            StorageErrorKind.WrongOwner =>
                $"the data folder {full} belongs to someone else: {reason}; see cluster.id and node.id, {ChooseAnother}",
            StorageErrorKind.NotFormatted =>
                $"the data folder {full} is not one of RaftStream's: {reason}; restore it, {ChooseAnother}",
            StorageErrorKind.Corrupt =>
                $"the data folder {full} is damaged: {reason}; restore it from a copy, {ChooseAnother}",
            _ => $"the data folder {full} cannot be opened: {reason}; mend it, {ChooseAnother}",
        };
        return new StartupException(message, exception);
    }
}
