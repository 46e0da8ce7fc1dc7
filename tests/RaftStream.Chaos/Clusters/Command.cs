using System.Diagnostics;

namespace RaftStream.Chaos.Clusters;

/// <summary>Other programs: scripts, docker, what the user gave.</summary>
internal static class Command
{
    /// <summary>Runs a program and waits for its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="ClusterException">It did not end with 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        using Process process = Process.Start(info) ?? throw new ClusterException($"{program} cannot be started.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        string said = await output;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said : throw new ClusterException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}{said}");
    }
}
