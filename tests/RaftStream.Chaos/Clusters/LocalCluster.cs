using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>Controllers and brokers as processes of this machine, by <c>scripts/cluster</c>, in a folder of their own.</summary>
internal sealed class LocalCluster : ICluster
{
    private readonly string _script;
    private readonly string _folder;
    private readonly Dictionary<int, LocalNode> _nodes;

    private LocalCluster(string script, string folder, int controllers, int brokers, int basePort)
    {
        _script = script;
        _folder = folder;
        Controllers = [.. Enumerable.Range(1, controllers)];
        Brokers = [.. Enumerable.Range(controllers + 1, brokers)];
        Bootstrap = [.. Enumerable.Range(1, brokers).Select(number => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{basePort + 20 + number}"))];
        _nodes = Controllers.Concat(Brokers).ToDictionary(id => id, id => new LocalNode(folder, id));
    }

    public IReadOnlyList<int> Controllers { get; }

    public IReadOnlyList<int> Brokers { get; }

    public IReadOnlyList<string> Bootstrap { get; }

    /// <summary>Where data and logs are.</summary>
    public string Folder => _folder;

    /// <summary>Starts a cluster in a new folder below <paramref name="parent"/> and waits until it is ready.</summary>
    public static async Task<LocalCluster> StartAsync(string parent, int controllers, int brokers)
    {
        string script = Path.Combine(Repository.Root, "scripts", "cluster");
        string folder = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"cluster-{Environment.ProcessId}"));
        int basePort = FreePorts.FindBase();
        try
        {
            await RunAsync(
                script, "up", "--dir", folder, "--controllers", Text(controllers), "--brokers", Text(brokers), "--base-port", Text(basePort));
        }
        catch
        {
            await RunAsync(script, "down", "--dir", folder, "--delete");
            throw;
        }

        return new LocalCluster(script, folder, controllers, brokers, basePort);
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

    public Task CutAsync(int node, Cut cut) => throw new NotSupportedException("This cluster has no proxies.");

    public Task JoinAsync(int node) => Task.CompletedTask;

    public Task WaitReadyAsync(CancellationToken cancellationToken) => RunAsync(_script, "up", "--dir", _folder).WaitAsync(cancellationToken);

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

        await RunAsync(_script, "down", "--dir", _folder, "--delete");
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(string script, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{script} cannot be started.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
        }
    }
}
