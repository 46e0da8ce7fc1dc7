using System.Diagnostics;

namespace RaftStream.Rpc.Tests.Foreign;

/// <summary>A gRPC implementation that is not ours, and whether it is here. <c>scripts/install-test-tools</c> installs all of them.</summary>
internal static class ForeignTool
{
    /// <summary>Debian's: the python of the PATH may be another one without its packages.</summary>
    public const string Python = "/usr/bin/python3";

    private static readonly Lazy<string?> PythonMissing = new(() => Runs(Python, ["-c", "import grpc, google.protobuf"], null)
        ? null
        : "python3-grpcio is not installed: run scripts/install-test-tools");

    private static readonly Lazy<string?> NodeMissing = new(() => Runs("node", ["-e", "require('@grpc/grpc-js');require('@grpc/proto-loader')"], NodeModules)
        ? null
        : "@grpc/grpc-js is not installed: run scripts/install-test-tools");

    public static string RepositoryRoot { get; } = FindRoot();

    public static string NodeModules => Path.Combine(RepositoryRoot, "artifacts", "test-tools", "node_modules");

    /// <summary>Why tests with this tool are skipped; null when they run.</summary>
    public static string? Missing(ForeignClient client) => client == ForeignClient.Python ? PythonMissing.Value : NodeMissing.Value;

    /// <summary>Starts a tool with its output captured.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, string? nodePath)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (nodePath is not null)
        {
            start.Environment["NODE_PATH"] = nodePath;
        }

        return Process.Start(start)!;
    }

    /// <summary>Whether a program is here and succeeds.</summary>
    public static bool Runs(string program, string[] arguments, string? nodePath)
    {
        try
        {
            using Process process = Start(program, arguments, nodePath);
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RaftStream.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}

/// <summary>Who judges.</summary>
public enum ForeignClient
{
    /// <summary>python3-grpcio, on gRPC's C core.</summary>
    Python,

    /// <summary>@grpc/grpc-js, on node's HTTP/2.</summary>
    Node,
}

/// <summary>A theory that is skipped, with the reason, where its tool is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignTheoryAttribute : TheoryAttribute
{
    public ForeignTheoryAttribute(ForeignClient client) => Skip = ForeignTool.Missing(client);
}
