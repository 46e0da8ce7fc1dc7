using System.Reflection;
using System.Xml.Linq;

namespace RaftStream.House.Tests;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of RaftStream.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project below src and tests, with what it references.</summary>
    public static IReadOnlyList<Project> Projects { get; } = FindProjects();

    private static string FindRoot()
    {
        string? folder = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        while (folder is not null && !File.Exists(Path.Combine(folder, "RaftStream.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests must run from a build inside the repository.");
    }

    private static List<Project> FindProjects()
    {
        var projects = new List<Project>();
        foreach (string top in new[] { "src", "tests" })
        {
            foreach (string file in Directory.GetFiles(Path.Combine(Root, top), "*.csproj", SearchOption.AllDirectories))
            {
                projects.Add(Project.Read(file));
            }
        }

        projects.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return projects;
    }
}

/// <summary>One project file: its name, its layer (the folder under src, or "tests") and its references.</summary>
internal sealed record Project(string Name, string Layer, string Folder, IReadOnlyList<string> References)
{
    public static Project Read(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        string[] parts = Path.GetRelativePath(Repository.Root, folder).Split(Path.DirectorySeparatorChar);
        string layer = parts[0] == "src" ? parts[1] : parts[0];
        // A source generator runs inside the compiler: what names it as an analyzer does not depend on it.
        List<string> references = [.. XDocument.Load(file).Descendants("ProjectReference")
            .Where(reference => reference.Attribute("OutputItemType")?.Value != "Analyzer")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];
        return new Project(Path.GetFileNameWithoutExtension(file), layer, folder, references);
    }
}
