using System.Diagnostics;
using System.Globalization;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Chaos.Clusters;

namespace RaftStream.Benchmarks.Replication;

/// <summary>Processes that want a core each and do nothing with it.</summary>
internal sealed class BusyLoops : IDisposable
{
    private const int LongestSeconds = 600;
    private readonly List<Process> _loops = [];

    /// <param name="cores">Where they run, as <c>taskset --cpu-list</c> has it.</param>
    public BusyLoops(int count, string cores)
    {
        for (int i = 0; i < count; i++)
        {
            // setsid: each is a group of its own for the scheduler, as each node is, so that together they get many shares and not one.
            // timeout: they end when this program was killed.
            string seconds = LongestSeconds.ToString(CultureInfo.InvariantCulture);
            _loops.Add(Process.Start("setsid", ["timeout", "--signal=KILL", seconds, "taskset", "--cpu-list", cores, "sh", "-c", "while :; do :; done"]));
        }
    }

    /// <summary>Moves all threads of the cluster's nodes to some cores.</summary>
    public static void Pin(LocalCluster cluster, string cores)
    {
        foreach (int node in cluster.Nodes)
        {
            Run("taskset", "--all-tasks", "--cpu-list", "--pid", cores, PidOf(cluster, node));
        }
    }

    /// <summary>Whoever wants a core comes before the cluster's nodes, for good: 15 of weight against 1,024.</summary>
    public static void Yield(LocalCluster cluster)
    {
        foreach (int node in cluster.Nodes)
        {
            // Where the scheduler shares out among sessions first, the session is what counts.
            string session = $"/proc/{PidOf(cluster, node)}/autogroup";
            if (File.Exists(session))
            {
                File.WriteAllText(session, "19");
            }

            Run("renice", ["--priority", "19", "--pid", .. Directory.EnumerateDirectories($"/proc/{PidOf(cluster, node)}/task").Select(thread => Path.GetFileName(thread)!)]);
        }
    }

    public void Dispose()
    {
        foreach (Process loop in _loops)
        {
            Signals.Send(loop.Id, Signals.Terminate); // which timeout passes on as what it was told to
            loop.WaitForExit();
            loop.Dispose();
        }
    }

    private static string PidOf(LocalCluster cluster, int node) => cluster.PidOf(node).ToString(CultureInfo.InvariantCulture);

    private static void Run(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEnd();
        process.WaitForExit(); // a thread that has ended meanwhile is no reason to fail
    }
}
