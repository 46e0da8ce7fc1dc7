using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>Controllers and brokers as processes of this machine, by <c>scripts/cluster</c>, in a folder of their own.</summary>
internal sealed class LocalCluster : ICluster
{
    private readonly string _folder;
    private readonly Dictionary<int, LocalNode> _nodes;

    private LocalCluster(string folder, int controllers, int brokers, int basePort)
    {
        _folder = folder;
        Controllers = [.. Enumerable.Range(1, controllers)];
        Brokers = [.. Enumerable.Range(controllers + 1, brokers)];
        Bootstrap = [.. Enumerable.Range(1, brokers).Select(number => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{basePort + 20 + number}"))];
        _nodes = Controllers.Concat(Brokers).ToDictionary(id => id, id => new LocalNode(folder, id));
        foreach (LocalNode node in _nodes.Values)
        {
            node.Remember();
        }
    }

    public IReadOnlyList<int> Controllers { get; }

    public IReadOnlyList<int> Brokers { get; }

    public IReadOnlyList<string> Bootstrap { get; }

    /// <summary>Where data and logs are.</summary>
    public string Folder => _folder;

    /// <summary>Starts a cluster in a new folder below <paramref name="parent"/> and waits until it is ready.</summary>
    /// <param name="machine">Modes of <c>RaftStream.Chaos.Host</c>; null runs the command itself.</param>
    public static async Task<LocalCluster> StartAsync(string parent, int controllers, int brokers, string? machine)
    {
        string folder = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"cluster-{Environment.ProcessId}"));
        int basePort = FreePorts.FindBase();
        Directory.CreateDirectory(folder);
        WriteCommand(folder, machine);
        try
        {
            await RunAsync(
                folder, "up", "--controllers", Text(controllers), "--brokers", Text(brokers), "--base-port", Text(basePort));
        }
        catch
        {
            await RunAsync(folder, "down", "--delete");
            throw;
        }

        return new LocalCluster(folder, controllers, brokers, basePort);
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

    public Task CutAsync(int node, Cut cut) => throw new NotSupportedException("This cluster has no proxies.");

    public Task JoinAsync(int node) => Task.CompletedTask;

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

        await RunAsync(_folder, "down", "--delete");
        Directory.Delete(_folder, recursive: true);
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

    private static async Task RunAsync(string folder, params string[] arguments)
    {
        string script = Path.Combine(Repository.Root, "scripts", "cluster");
        var info = new ProcessStartInfo(script, [.. arguments, "--dir", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["RAFTSTREAM_COMMAND"] = CommandIn(folder);
        using Process process = Process.Start(info)
            ?? throw new InvalidOperationException($"{script} cannot be started.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new ClusterException($"{script} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
        }
    }
}
