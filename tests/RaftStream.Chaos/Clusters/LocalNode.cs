using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>One node of a cluster that <c>scripts/cluster</c> started: its process is known by a file with its id.</summary>
internal sealed class LocalNode(string folder, int id)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private string[] _command = [];

    private string Data => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"node-{id}"));

    private string ProcessFile => $"{Data}.pid";

    public string LogFile => $"{Data}.log";

    /// <summary>The process; null when it does not run.</summary>
    public int? ProcessId
    {
        get
        {
            if (!File.Exists(ProcessFile) || !int.TryParse(File.ReadAllText(ProcessFile), CultureInfo.InvariantCulture, out int process))
            {
                return null;
            }

            return CommandOf(process).Contains($"--data={Data}") ? process : null;
        }
    }

    /// <summary>Takes down how it was started; while it runs.</summary>
    public void Remember() => _command = CommandOf(ProcessId ?? throw new InvalidOperationException($"Node {id} does not run; its log is {LogFile}."));

    /// <summary>Words for <c>RaftStream.Chaos.Host</c>.</summary>
    public Task SetFaultsAsync(string faults) => File.WriteAllTextAsync($"{Data}.faults", faults);

    /// <summary>Sends a signal and, when it ends the process, waits for that.</summary>
    public async Task SignalAsync(int signal)
    {
        if (ProcessId is not { } process)
        {
            return; // It has ended by itself, as a broker does whose disk fails.
        }

        Signals.Send(process, signal);
        if (signal is not (Signals.Kill or Signals.Terminate))
        {
            return;
        }

        long began = Stopwatch.GetTimestamp();
        while (ProcessId is not null)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"Node {id} does not end; its log is {LogFile}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Starts it with the command line that it had; its output goes on in the same file.</summary>
    public void Start()
    {
        if (ProcessId is not null)
        {
            return;
        }

        // setsid: a signal for this program's group is not meant for the node. The shell is replaced, so the id is the node's.
        string[] words = ["-c", "echo $$ >\"$1\"; log=$2; shift 2; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", ProcessFile, LogFile, .. _command];
        using Process started = Process.Start(new ProcessStartInfo("/bin/sh", words)) ?? throw new InvalidOperationException("There is no shell.");
    }

    private static string[] CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // It has ended.
        }
    }
}
