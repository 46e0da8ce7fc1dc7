using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Benchmarks.Doors;

/// <summary>The program of <c>sendfile.c</c>, compiled here and now: the price of a file's bytes without a broker.</summary>
internal sealed class SendfileServer : IDisposable
{
    private const string Compiler = "gcc";

    private readonly Process _process;

    private SendfileServer(Process process, int port) => (_process, Port) = (process, port);

    public int Pid => _process.Id;

    public int Port { get; }

    /// <summary>Compiles the program into <paramref name="folder"/>.</summary>
    /// <returns>Its path.</returns>
    public static async Task<string> CompileAsync(string folder)
    {
        string program = Path.Combine(folder, "sendfile");
        string source = Path.Combine(AppContext.BaseDirectory, "Doors", "sendfile.c");
        using Process compiler = Process.Start(new ProcessStartInfo(Compiler, ["-O2", "-Wall", "-o", program, source]))!;
        await compiler.WaitForExitAsync();
        return compiler.ExitCode == 0 ? program : throw new InvalidOperationException($"{Compiler} cannot compile {source}.");
    }

    /// <param name="way"><c>sendfile</c> or <c>copy</c>.</param>
    public static async Task<SendfileServer> StartAsync(string program, string file, string way)
    {
        Process process = Process.Start(new ProcessStartInfo(program, [file, way]) { RedirectStandardOutput = true })!;
        string? port = await process.StandardOutput.ReadLineAsync();
        return new SendfileServer(process, int.Parse(port ?? throw new InvalidOperationException($"{program} {file} does not start."), CultureInfo.InvariantCulture));
    }

    /// <summary>Kills it.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
