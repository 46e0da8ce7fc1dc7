using System.Diagnostics;
using System.Globalization;
using RaftStream.Chaos.Clusters;

namespace RaftStream.Benchmarks.Quorum;

/// <summary>Three controllers and some brokers as local processes, by <c>scripts/cluster</c>: nodes 1 to 3, and from 4 on.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>The first broker; controllers come before it.</summary>
    public const int FirstBroker = 4;

    /// <summary>The ports of scripts/cluster, from the first one on: between nodes 1..., for clients 21..., for HTTP 41..., and what stands before the first two.</summary>
    private const int ClientPorts = 20;
    private const int HttpPorts = 40;
    private const int ProxyPorts = 60;

    private readonly string _script;
    private readonly string _folder;
    private readonly int _base = FreePorts.FindBase();
    private readonly int _brokers;
    private readonly bool _hasLinks;
    private readonly Links _links = new();
    private readonly List<LinkProxy> _proxies = [];

    private LocalCluster(string script, int brokers, bool hasLinks)
    {
        (_script, _brokers, _hasLinks) = (script, brokers, hasLinks);
        _folder = Directory.CreateTempSubdirectory("raftstream-cluster-").FullName;
        for (int node = 1; hasLinks && node < FirstBroker + brokers; node++)
        {
            AddProxy(_base + node, node);
            if (node >= FirstBroker)
            {
                AddProxy(_base + ClientPorts + node - FirstBroker + 1, node);
            }
        }
    }

    /// <summary>Where its first broker takes calls.</summary>
    public string Bootstrap => Bootstraps[0];

    /// <summary>Where its brokers take calls.</summary>
    public IReadOnlyList<string> Bootstraps => [.. Enumerable.Range(1, _brokers).Select(i => $"127.0.0.1:{_base + ClientPorts + i + (_hasLinks ? ProxyPorts : 0)}")];

    /// <summary>All its nodes, controllers first.</summary>
    public IReadOnlyList<int> Nodes => [.. Enumerable.Range(1, FirstBroker + _brokers - 1)];

    /// <summary>Processes of its brokers.</summary>
    public IEnumerable<int> BrokerPids => Nodes.Where(node => node >= FirstBroker).Select(PidOf);

    /// <summary>Starts three controllers and some brokers in a new folder, and waits until all are ready.</summary>
    /// <param name="script">scripts/cluster; it builds the command unless RAFTSTREAM_COMMAND names one.</param>
    /// <param name="hasLinks">All connections pass through this process, which can cut nodes off.</param>
    public static async Task<LocalCluster> StartAsync(string script, int brokers = 1, bool hasLinks = false)
    {
        var cluster = new LocalCluster(script, brokers, hasLinks);
        try
        {
            string[] proxies = hasLinks ? ["--proxy-ports", $"{cluster._base + ProxyPorts}", "--proxy-brokers"] : [];
            await cluster.RunAsync(["up", "--controllers", "3", "--brokers", $"{brokers}", "--base-port", $"{cluster._base}", .. proxies]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what does not run, and waits until all are ready.</summary>
    public Task RepairAsync() => RunAsync("up");

    /// <summary>kill -9.</summary>
    public void Kill(int node) => Signal(node, Signals.Kill);

    /// <summary>SIGSTOP.</summary>
    public void Pause(int node) => Signal(node, Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Resume(int node) => Signal(node, Signals.Continue);

    /// <summary>Nothing that is sent to the node or by it arrives any more, and nobody is told (a pulled cable).</summary>
    public void CutOff(int node) => _links.Set(node, Cut.Both | Cut.Clients);

    /// <summary>What was held back goes on.</summary>
    public void Join(int node) => _links.Set(node, Cut.None);

    /// <summary>Where the node says how it is, and its metrics.</summary>
    public Uri HttpOf(int node) => new($"http://127.0.0.1:{_base + HttpPorts + node}");

    /// <summary>Its process.</summary>
    public int PidOf(int node) => int.Parse(File.ReadAllText(Path.Combine(_folder, $"node-{node}.pid")), CultureInfo.InvariantCulture);

    /// <summary>Stops all, and removes the data; a node that was left paused or cut off is let go on first.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (int node in Nodes)
        {
            Join(node);
            if (File.Exists(Path.Combine(_folder, $"node-{node}.pid")))
            {
                Signals.Send(PidOf(node), Signals.Continue);
            }
        }

        await RunAsync("down", "--delete");
        foreach (LinkProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void AddProxy(int targetPort, int node) => _proxies.Add(new LinkProxy(targetPort + ProxyPorts, targetPort, node, _links, CallerOf));

    private int CallerOf(int localPort, int remotePort)
    {
        var nodeOf = Nodes.Where(node => File.Exists(Path.Combine(_folder, $"node-{node}.pid"))).ToDictionary(PidOf);
        return SocketOwner.Find(localPort, remotePort, nodeOf.Keys) is { } owner ? nodeOf[owner] : Links.Clients;
    }

    private void Signal(int node, int signal)
    {
        if (!Signals.Send(PidOf(node), signal))
        {
            throw new InvalidOperationException($"Node {node} (process {PidOf(node)}) takes no signal.");
        }
    }

    private async Task RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(_script, [.. arguments, "--dir", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{_script} cannot be started.");
        Task<string> said = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{_script} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await said}");
        }
    }
}
