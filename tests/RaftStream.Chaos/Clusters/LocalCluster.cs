using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>Controllers and brokers as processes of this machine, by <c>scripts/cluster</c>, in a folder of their own.</summary>
internal sealed class LocalCluster : ICluster
{
    /// <summary>The ports of scripts/cluster, from the first one on: between nodes 1..., for clients 21..., and what stands before them.</summary>
    private const int ClientPorts = 20;
    private const int ProxyPorts = 60;

    private readonly string _folder;
    private readonly Dictionary<int, LocalNode> _nodes;
    private readonly Links _links = new();
    private readonly List<LinkProxy> _proxies = [];

    private LocalCluster(string folder, int controllers, int brokers, int basePort, bool hasLinks)
    {
        _folder = folder;
        int clientPort = basePort + ClientPorts + (hasLinks ? ProxyPorts : 0);
        Controllers = [.. Enumerable.Range(1, controllers)];
        Brokers = [.. Enumerable.Range(controllers + 1, brokers)];
        Bootstrap = [.. Enumerable.Range(1, brokers).Select(number => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{clientPort + number}"))];
        _nodes = Controllers.Concat(Brokers).ToDictionary(id => id, id => new LocalNode(folder, id));
        if (hasLinks)
        {
            AddProxies(basePort);
        }
    }

    public IReadOnlyList<int> Controllers { get; }

    public IReadOnlyList<int> Brokers { get; }

    public IReadOnlyList<string> Bootstrap { get; }

    /// <summary>Where data and logs are.</summary>
    public string Folder => _folder;

    /// <summary>Starts a cluster in a new folder below <paramref name="parent"/> and waits until it is ready.</summary>
    /// <param name="machine">Modes of <c>RaftStream.Chaos.Host</c>; null runs the command itself.</param>
    /// <param name="hasLinks">All connections go through this process, which can cut them.</param>
    public static async Task<LocalCluster> StartAsync(string parent, int controllers, int brokers, string? machine, bool hasLinks)
    {
        string folder = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"cluster-{Environment.ProcessId}"));
        int basePort = FreePorts.FindBase();
        Directory.CreateDirectory(folder);
        WriteCommand(folder, machine);
        var cluster = new LocalCluster(folder, controllers, brokers, basePort, hasLinks);
        try
        {
            string[] proxies = hasLinks ? ["--proxy-ports", Text(basePort + ProxyPorts), "--proxy-brokers"] : [];
            await RunAsync(folder, ["up", "--controllers", Text(controllers), "--brokers", Text(brokers), "--base-port", Text(basePort), .. proxies]);
            foreach (LocalNode node in cluster._nodes.Values)
            {
                node.Remember();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task KillAsync(int node) => _nodes[node].SignalAsync(Signals.Kill);

    public Task StopAsync(int node) => _nodes[node].SignalAsync(Signals.Terminate);

    public Task PauseAsync(int node) => _nodes[node].SignalAsync(Signals.Stop);

    public Task ResumeAsync(int node) => _nodes[node].SignalAsync(Signals.Continue);

    public Task StartAsync(int node)
    {
        _nodes[node].Start();
        return Task.CompletedTask;
    }

    public Task SetFaultsAsync(int node, string faults) => _nodes[node].SetFaultsAsync(faults);

    public Task SaveLogsAsync(string folder)
    {
        foreach ((int id, LocalNode node) in _nodes)
        {
            File.Copy(node.LogFile, Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"node-{id}.log")), overwrite: true);
        }

        return Task.CompletedTask;
    }

    public bool CanCut(Cut cut) => _proxies.Count > 0;

    public Task CutAsync(int node, Cut cut)
    {
        _links.Set(node, cut);
        return Task.CompletedTask;
    }

    public Task WaitReadyAsync(CancellationToken cancellationToken) => RunAsync(_folder, "up").WaitAsync(cancellationToken);

    /// <summary>Stops all and removes the data; a node that was left paused goes on first.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LocalNode node in _nodes.Values)
        {
            if (node.ProcessId is { } process)
            {
                Signals.Send(process, Signals.Continue);
            }
        }

        foreach (int node in _nodes.Keys)
        {
            _links.Set(node, Cut.None);
        }

        await RunAsync(_folder, "down", "--delete");
        foreach (LinkProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void AddProxies(int basePort)
    {
        foreach (int node in _nodes.Keys)
        {
            AddProxy(basePort + node, node);
        }

        for (int i = 0; i < Brokers.Count; i++)
        {
            AddProxy(basePort + ClientPorts + i + 1, Brokers[i]);
        }
    }

    private void AddProxy(int targetPort, int node) => _proxies.Add(new LinkProxy(targetPort + ProxyPorts, targetPort, node, _links, CallerOf));

    private int CallerOf(int localPort, int remotePort)
    {
        Dictionary<int, int> nodeOf = [];
        foreach ((int id, LocalNode node) in _nodes)
        {
            if (node.ProcessId is { } process)
            {
                nodeOf[process] = id;
            }
        }

        return SocketOwner.Find(localPort, remotePort, nodeOf.Keys) is { } owner ? nodeOf[owner] : Links.Clients;
    }

    private static string CommandIn(string folder) => Path.Combine(folder, "raftstream");

    /// <summary>What the cluster runs as <c>raftstream</c>: the command that was published, or else the one beside this program; servers on bad machines if wanted.</summary>
    private static void WriteCommand(string folder, string? machine)
    {
        string beside = AppContext.BaseDirectory;
        string command = Environment.GetEnvironmentVariable("RAFTSTREAM_COMMAND") is { Length: > 0 } published ? published : $"dotnet {beside}/raftstream.dll";
        string server = machine is null ? command : $"dotnet {beside}/RaftStream.Chaos.Host.dll {machine}";
        File.WriteAllText(CommandIn(folder), $"#!/bin/sh\nif [ \"$1\" = server ]; then exec {server} \"$@\"; fi\nexec {command} \"$@\"\n");
        File.SetUnixFileMode(CommandIn(folder), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Task<string> RunAsync(string folder, params string[] arguments) => Command.RunAsync(
        Path.Combine(Repository.Root, "scripts", "cluster"),
        [.. arguments, "--dir", folder],
        new Dictionary<string, string> { ["RAFTSTREAM_COMMAND"] = CommandIn(folder) });
}
