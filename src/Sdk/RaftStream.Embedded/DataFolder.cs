namespace RaftStream.Embedded;

/// <summary>Where an embedded broker keeps its data, and whether that goes with it.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string Prefix = "raftstream-";

    private readonly bool _isTemporary;

    private DataFolder(string path, bool isTemporary)
    {
        Path = path;
        _isTemporary = isTemporary;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The folder that the options ask for.</summary>
    public static DataFolder For(RaftStreamBrokerOptions options)
    {
        if (options.InMemory)
        {
            return new DataFolder("/raftstream", isTemporary: false);
        }

        return options.DataDirectory is { } given
            ? new DataFolder(System.IO.Path.GetFullPath(given), isTemporary: false)
            : new DataFolder(Directory.CreateTempSubdirectory(Prefix).FullName, isTemporary: true);
    }

    /// <summary>Removes the folder if it was made for this broker.</summary>
    public void Dispose()
    {
        if (_isTemporary && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
