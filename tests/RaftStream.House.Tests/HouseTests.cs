namespace RaftStream.House.Tests;

/// <summary>What a newcomer relies on when finding the way.</summary>
public sealed class HouseTests
{
    private static readonly HashSet<string> TopLevel =
    [
        "src", "proto", "tests", "scripts", "RaftStream.sln", "docker-compose.yml", "Dockerfile", "README.md", "LICENSE",
        "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", ".gitignore", ".gitattributes",
        ".dockerignore", ".ci", ".git", "artifacts",
    ];

    [Fact]
    public void Nothing_lies_at_the_top_level_that_does_not_belong_there()
    {
        List<string> strangers = [.. Directory.GetFileSystemEntries(Repository.Root).Select(entry => Path.GetFileName(entry)!)];
        strangers.RemoveAll(TopLevel.Contains);

        Assert.Empty(strangers);
    }

    [Fact]
    public void Every_project_under_src_has_a_readme_and_a_line_on_the_map()
    {
        string map = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        IEnumerable<Project> sources = Repository.Projects.Where(project => project.Layer != "tests");

        Assert.Empty(sources.Where(project => !File.Exists(Path.Combine(project.Folder, "README.md"))).Select(project => project.Name));
        Assert.Empty(sources.Where(project => !map.Contains(project.Name, StringComparison.Ordinal)).Select(project => project.Name));
    }

    [Fact]
    public void Every_project_lies_in_the_folder_of_its_name_and_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "RaftStream.sln"));

        Assert.Empty(Repository.Projects.Where(project => Path.GetFileName(project.Folder) != project.Name).Select(project => project.Name));
        Assert.Empty(Repository.Projects.Where(project => !solution.Contains($"\"{project.Name}\"", StringComparison.Ordinal)).Select(project => project.Name));
    }

    [Fact]
    public void Every_source_file_declares_the_namespace_of_its_folder()
    {
        var wrong = new List<string>();
        foreach (Project project in Repository.Projects.Where(project => project.Layer != "tests"))
        {
            foreach (string file in SourceFiles(project.Folder))
            {
                string text = File.ReadAllText(file);
                int at = text.IndexOf("\nnamespace ", StringComparison.Ordinal) + 1;
                if (text.StartsWith("namespace ", StringComparison.Ordinal))
                {
                    at = 0;
                }
                else if (at == 0)
                {
                    continue;
                }

                string declared = text[(at + "namespace ".Length)..text.IndexOf(';', at)];
                string inside = Path.GetRelativePath(project.Folder, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
                string expected = inside == "." ? project.Name : $"{project.Name}.{inside}";
                // Grpc.Core is the public API that generated stubs are written against; it keeps its own name.
                if (declared != expected && !declared.StartsWith("Grpc.", StringComparison.Ordinal))
                {
                    wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: {declared}, expected {expected}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
}
