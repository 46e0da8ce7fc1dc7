using System.Diagnostics;
using System.Globalization;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Kafka;

/// <summary>Our program on librdkafka (<c>Foreign/librdkafka</c>), while it runs and the test watches what it says.</summary>
internal sealed class RdkafkaClient : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(int Partition, long Offset, string Value)> _records = [];
    private readonly List<string> _complaints = [];
    private readonly Process _process;

    private RdkafkaClient(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => AddRecord(line.Data);
        process.ErrorDataReceived += (_, line) => AddComplaint(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it delivered or read so far, in its order.</summary>
    public IReadOnlyList<(int Partition, long Offset, string Value)> Records
    {
        get
        {
            lock (_gate)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>How many records it has.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _records.Count;
            }
        }
    }

    /// <summary>What it said besides.</summary>
    public string Complaints
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _complaints.TakeLast(30));
            }
        }
    }

    /// <summary>False once it has ended.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>Compiles the program.</summary>
    /// <param name="folder">Where to put it.</param>
    /// <returns>Its path.</returns>
    public static async Task<string> CompileAsync(string folder)
    {
        string[] sources = Directory.GetFiles(KafkaTool.SourceOf("librdkafka"), "*.c");
        string program = Path.Combine(folder, "client");
        (await ToolRun.OfAsync("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, .. sources, "-lrdkafka"])).Lines();
        return program;
    }

    /// <summary>Starts the program; it goes on until <see cref="EndAsync"/>.</summary>
    public static RdkafkaClient Start(string program, params string[] arguments) => new(Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!);

    /// <summary>Closes its input, and waits until it has finished what it does and succeeded.</summary>
    public async Task EndAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(2 * Eventually.Patience);
        await _process.WaitForExitAsync(patience.Token);
        Assert.True(_process.ExitCode == 0, Complaints);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void AddRecord(string? line)
    {
        if (line?.Split(' ') is [var partition, var offset, var value])
        {
            lock (_gate)
            {
                _records.Add((int.Parse(partition, CultureInfo.InvariantCulture), long.Parse(offset, CultureInfo.InvariantCulture), value));
            }
        }
    }

    private void AddComplaint(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _complaints.Add(line);
            }
        }
    }
}
