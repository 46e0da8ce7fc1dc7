using System.Globalization;

namespace RaftStream.Chaos.Clusters;

/// <summary>The containers of docker-compose.yml, by <c>scripts/compose</c>, as a project of their own with ports of their own.</summary>
internal sealed class ComposeCluster : ICluster
{
    private const int FirstPort = 21;
    private const string FaultFolder = "/var/lib/raftstream-receipts";
    private readonly string _script = Path.Combine(Repository.Root, "scripts", "compose");
    private readonly Dictionary<string, string> _environment = [];

    private ComposeCluster()
    {
        int basePort = FreePorts.FindBase();
        _environment["COMPOSE_PROJECT_NAME"] = string.Create(CultureInfo.InvariantCulture, $"raftstream-chaos-{Environment.ProcessId}");
        // Of its own: whoever builds the ordinary one meanwhile would change this cluster at its next start.
        _environment["RAFTSTREAM_IMAGE"] = Environment.GetEnvironmentVariable("RAFTSTREAM_IMAGE") ?? "raftstream:chaos";
        string[] endpoints = new string[3];
        for (int i = 0; i < endpoints.Length; i++)
        {
            string port = (basePort + FirstPort + i).ToString(CultureInfo.InvariantCulture);
            _environment[string.Create(CultureInfo.InvariantCulture, $"RAFTSTREAM_PORT_{i + 1}")] = port;
            endpoints[i] = $"127.0.0.1:{port}";
        }

        Bootstrap = endpoints;
    }

    public IReadOnlyList<int> Controllers { get; } = [1, 2, 3];

    public IReadOnlyList<int> Brokers { get; } = [4, 5, 6];

    public IReadOnlyList<string> Bootstrap { get; }

    /// <summary>Builds the image, starts the containers and waits until they are ready.</summary>
    /// <param name="machine">Modes of <c>RaftStream.Chaos.Host</c>; null runs the image as it is.</param>
    public static async Task<ComposeCluster> StartAsync(string? machine)
    {
        var cluster = new ComposeCluster();
        try
        {
            if (machine is null)
            {
                await cluster.RunAsync("up");
            }
            else
            {
                await cluster.StartOnBadMachinesAsync(machine);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task KillAsync(int node) => RunAsync("kill", ServiceOf(node));

    public Task StopAsync(int node) => RunAsync("stop", ServiceOf(node));

    public Task StartAsync(int node) => RunAsync("start", ServiceOf(node));

    public Task PauseAsync(int node) => DockerAsync("pause", node);

    public Task ResumeAsync(int node) => DockerAsync("unpause", node);

    public bool CanCut(Cut cut) => true;

    /// <summary>Both ways: off the network. One way: packets are lost, and so open connections stand still in both directions after a while.</summary>
    public Task CutAsync(int node, Cut cut)
    {
        string[] networks = cut.HasFlag(Cut.Clients) ? [] : ["cluster"];
        string[] way = (cut & Cut.Both) switch { Cut.Inbound => ["in"], Cut.Outbound => ["out"], _ => [] };
        return cut == Cut.None ? RunAsync("heal", ServiceOf(node)) : RunAsync(["cut", ServiceOf(node), .. networks, .. way]);
    }

    /// <summary>By a file on a volume that all nodes have: any that runs can write it.</summary>
    public async Task SetFaultsAsync(int node, string faults)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"{FaultFolder}/node-{node}.faults");
        ClusterException? last = null;
        foreach (int writer in (int[])[.. Brokers, .. Controllers])
        {
            try
            {
                await Command.RunAsync("docker", ["exec", await ContainerOfAsync(writer), "sh", "-c", "printf %s \"$1\" >\"$2\"", "sh", faults, file]);
                return;
            }
            catch (ClusterException exception)
            {
                last = exception; // It does not run.
            }
        }

        throw last!;
    }

    public async Task SaveLogsAsync(string folder)
    {
        foreach (int node in (int[])[.. Controllers, .. Brokers])
        {
            string said = await Command.RunAsync("docker", ["logs", await ContainerOfAsync(node)]);
            await File.WriteAllTextAsync(Path.Combine(folder, $"{ServiceOf(node)}.log"), said);
        }
    }

    public Task WaitReadyAsync(CancellationToken cancellationToken) => RunAsync("up", "--no-build").WaitAsync(cancellationToken);

    /// <summary>Removes containers and data.</summary>
    public async ValueTask DisposeAsync() => await RunAsync("down", "--delete");

    /// <summary>The image with servers on bad machines on top of the ordinary one.</summary>
    private async Task StartOnBadMachinesAsync(string machine)
    {
        await RunAsync("build");
        string image = $"{_environment["RAFTSTREAM_IMAGE"]}-bad-machine";
        await Command.RunAsync(
            "docker",
            [
                "build", "--quiet", "--tag", image, "--build-arg", $"BASE={_environment["RAFTSTREAM_IMAGE"]}", "--build-arg", $"MACHINE={machine}",
                "--file", Path.Combine(Repository.Root, "tests", "RaftStream.Chaos.Host", "Dockerfile"), AppContext.BaseDirectory,
            ]);
        _environment["RAFTSTREAM_IMAGE"] = image;
        await RunAsync("up", "--no-build");
        foreach (int node in (int[])[.. Controllers, .. Brokers])
        {
            // One that ends because its disk is full is down until that is healed.
            await Command.RunAsync("docker", ["update", "--restart", "no", await ContainerOfAsync(node)]);
        }
    }

    private static string ServiceOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{(node <= 3 ? "controller" : "broker")}-{(node - 1) % 3 + 1}");

    private async Task DockerAsync(string verb, int node) => await Command.RunAsync("docker", [verb, await ContainerOfAsync(node)]);

    private async Task<string> ContainerOfAsync(int node)
    {
        string id = await Command.RunAsync(
            "docker",
            [
                "ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={_environment["COMPOSE_PROJECT_NAME"]}", "--filter",
                $"label=com.docker.compose.service={ServiceOf(node)}",
            ]);
        return id.Trim();
    }

    private Task<string> RunAsync(params string[] arguments) => Command.RunAsync(_script, arguments, _environment);
}
