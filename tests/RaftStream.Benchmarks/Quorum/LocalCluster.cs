using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Benchmarks.Quorum;

/// <summary>Controllers and brokers as local processes, by <c>scripts/cluster</c>.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly string _script;
    private readonly string _folder;
    private readonly Dictionary<string, string> _plan;
    private readonly List<CuttableProxy> _proxies;

    private LocalCluster(string script, string folder, List<CuttableProxy> proxies)
    {
        _proxies = proxies;
        _script = script;
        _folder = folder;
        _plan = File.ReadLines(Path.Combine(folder, "cluster.env")).Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
    }

    /// <summary>Where its first broker takes calls.</summary>
    public string Bootstrap => $"127.0.0.1:{int.Parse(_plan["base_port"], CultureInfo.InvariantCulture) + 21}";

    /// <summary>Where its brokers take calls.</summary>
    public IReadOnlyList<string> Bootstraps =>
        [.. Enumerable.Range(1, int.Parse(_plan["brokers"], CultureInfo.InvariantCulture)).Select(i => $"127.0.0.1:{int.Parse(_plan["base_port"], CultureInfo.InvariantCulture) + 20 + i}")];

    /// <summary>Processes of its brokers.</summary>
    public IEnumerable<int> BrokerPids
    {
        get
        {
            int controllers = int.Parse(_plan["controllers"], CultureInfo.InvariantCulture);
            int brokers = int.Parse(_plan["brokers"], CultureInfo.InvariantCulture);
            return Enumerable.Range(controllers + 1, brokers).Select(PidOf);
        }
    }

    /// <summary>Data folder of its first broker.</summary>
    public string FirstBrokerFolder => Path.Combine(_folder, $"node-{int.Parse(_plan["controllers"], CultureInfo.InvariantCulture) + 1}");

    /// <summary>Starts three controllers and some brokers in a new folder, and waits until all are ready.</summary>
    /// <remarks>What is sent to a controller passes through a proxy in this process, which can cut it off.</remarks>
    /// <param name="script">scripts/cluster; it builds the command unless RAFTSTREAM_COMMAND names one.</param>
    public static async Task<LocalCluster> StartAsync(string script, int brokers = 1)
    {
        string folder = Directory.CreateTempSubdirectory("raftstream-cluster-").FullName;
        const int Base = 19_300;
        const int Proxies = 19_390;
        List<CuttableProxy> proxies = [.. Enumerable.Range(1, 3).Select(node => new CuttableProxy(Proxies + node, Base + node))];
        await RunAsync(
            script, "up", "--dir", folder, "--controllers", "3", "--brokers", $"{brokers}", "--base-port", $"{Base}", "--proxy-ports", $"{Proxies}");
        return new LocalCluster(script, folder, proxies);
    }

    /// <summary>Starts what does not run, and waits until all are ready.</summary>
    public Task RepairAsync() => RunAsync(_script, "up", "--dir", _folder);

    /// <summary>kill -9.</summary>
    public void Kill(int node) => Signal(node, SigKill);

    /// <summary>SIGSTOP.</summary>
    public void Pause(int node) => Signal(node, SigStop);

    /// <summary>SIGCONT.</summary>
    public void Resume(int node) => Signal(node, SigCont);

    /// <summary>Nothing that is sent to the controller arrives, nor its answers; what it sends to others of itself does.</summary>
    public void CutOff(int node) => _proxies[node - 1].Cut();

    /// <summary>The controller is reached again.</summary>
    public void Join(int node) => _proxies[node - 1].Join();

    /// <summary>Stops all, and removes the data.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (CuttableProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        await RunAsync(_script, "down", "--dir", _folder, "--delete");
        Directory.Delete(_folder, recursive: true);
    }

    private void Signal(int node, int signal)
    {
        int pid = PidOf(node);
        using Process kill = Process.Start("kill", $"-{signal} {pid}");
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"Node {node} (process {pid}) takes no signal.");
        }
    }

    private int PidOf(int node) => int.Parse(File.ReadAllText(Path.Combine(_folder, $"node-{node}.pid")), CultureInfo.InvariantCulture);

    private static async Task RunAsync(string script, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{script} cannot be started.");
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
