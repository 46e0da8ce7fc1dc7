namespace RaftStream.Chaos;

/// <summary>The source tree that this program was built from: its scripts start the clusters.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "RaftStream.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("This program must run from a build inside the repository.");
    }
}
