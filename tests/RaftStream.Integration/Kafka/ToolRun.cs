using System.Diagnostics;
using System.Text;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Kafka;

/// <summary>What a program said until it ended.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Complaints)
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="input">What it reads; then its input ends.</param>
    public static async Task<ToolRun> OfAsync(
        string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default, string? nodePath = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["HOME"] = Path.GetTempPath(); // nobody's settings
        if (nodePath is not null)
        {
            start.Environment["NODE_PATH"] = nodePath;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything; its exit code says why.
        }

        using var patience = new CancellationTokenSource(Eventually.Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{program} does not end. It said:\n{await output}\n{await complaints}");
        }

        return new ToolRun(process.ExitCode, await output, await complaints);
    }

    /// <summary>Its lines, when it succeeded.</summary>
    public string[] Lines()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Complaints}");
        return Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
