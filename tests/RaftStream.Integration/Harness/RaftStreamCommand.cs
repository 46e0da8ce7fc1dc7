using System.Diagnostics;

namespace RaftStream.Integration.Harness;

/// <summary>How the <c>raftstream</c> command is run: the one built beside the tests, or the one that <c>RAFTSTREAM_COMMAND</c> names.</summary>
internal static class RaftStreamCommand
{
    /// <summary>What to start for <c>raftstream</c> with these arguments; its output is captured.</summary>
    /// <param name="wrapper">Put before the command, e.g. <c>setpriv</c> and its arguments.</param>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments, IReadOnlyList<string>? wrapper = null)
    {
        string[] command = Environment.GetEnvironmentVariable("RAFTSTREAM_COMMAND") is { Length: > 0 } published
            ? [published]
            : ["dotnet", Path.Combine(AppContext.BaseDirectory, "raftstream.dll")];
        string[] words = [.. wrapper ?? [], .. command, .. arguments];
        var info = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };

        // Whatever the test's own environment says is not meant for the broker.
        foreach (string name in info.Environment.Keys.Where(name => name.StartsWith("RAFTSTREAM__", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            info.Environment.Remove(name);
        }

        return info;
    }
}
