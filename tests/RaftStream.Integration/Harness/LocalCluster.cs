using System.Diagnostics;
using System.Globalization;
using RaftStream.Client;

namespace RaftStream.Integration.Harness;

/// <summary>Controllers 1..N and brokers after them, as real processes, formatted by the command.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    public static readonly Guid ClusterId = new("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0");

    private readonly TempFolder _folder;
    private readonly int[] _quorumPorts;
    private readonly BrokerSetup[] _setups;
    private readonly int[] _brokerPorts;
    private readonly BrokerProcess?[] _nodes;

    private LocalCluster(TempFolder folder, int controllers, int brokers)
    {
        _folder = folder;
        _quorumPorts = [.. Enumerable.Range(0, controllers).Select(_ => FreePorts.Take())];
        _brokerPorts = [.. Enumerable.Range(0, brokers).Select(_ => FreePorts.Take())];
        _nodes = new BrokerProcess?[controllers + brokers];
        _setups = [.. Enumerable.Range(1, _nodes.Length).Select(id => new BrokerSetup { DataDirectory = folder[$"node-{id}"], Settings = SettingsOf(id) })];
    }

    public int Controllers => _quorumPorts.Length;

    /// <summary>host:port of the controllers' quorum ports.</summary>
    public string Quorum => string.Join(',', _quorumPorts.Select(port => $"127.0.0.1:{port}"));

    /// <summary>The process of a node, from 1.</summary>
    public BrokerProcess this[int id] => _nodes[id - 1] ?? throw new InvalidOperationException($"Node {id} was not started.");

    /// <summary>The brokers' processes.</summary>
    public IEnumerable<BrokerProcess> Brokers => _nodes.Skip(Controllers).OfType<BrokerProcess>();

    /// <summary>How a node is started.</summary>
    public BrokerSetup SetupOf(int id) => _setups[id - 1];

    /// <summary>Formats all and starts none.</summary>
    public static async Task<LocalCluster> FormatAsync(TempFolder folder, int controllers, int brokers)
    {
        var cluster = new LocalCluster(folder, controllers, brokers);
        string voters = string.Join(',', Enumerable.Range(1, controllers).Select(id => $"{id}@127.0.0.1:{cluster._quorumPorts[id - 1]}:{Guid.NewGuid()}"));
        await Task.WhenAll(Enumerable.Range(1, controllers + brokers).Select(
            id => cluster.FormatAsync(id, id <= controllers ? ["--initial-voters", voters] : ["--no-initial-voters"])));
        return cluster;
    }

    /// <summary>Formats and starts all, and waits until they are ready.</summary>
    public static async Task<LocalCluster> StartAsync(TempFolder folder, int controllers, int brokers)
    {
        LocalCluster cluster = await FormatAsync(folder, controllers, brokers);
        for (int id = 1; id <= cluster._nodes.Length; id++)
        {
            cluster.Start(id);
        }

        await cluster.WaitReadyAsync();
        return cluster;
    }

    /// <summary>Starts a node that does not run; does not wait.</summary>
    /// <param name="more">Settings besides those of the cluster.</param>
    public void Start(int id, params string[] more) =>
        _nodes[id - 1] = BrokerProcess.Start(_setups[id - 1] with { Settings = [.. _setups[id - 1].Settings, .. more] });

    /// <summary>Waits until every node that was started is ready.</summary>
    public Task WaitReadyAsync() => Task.WhenAll(_nodes.OfType<BrokerProcess>().Select(node => node.WaitReadyAsync()));

    /// <summary>A client of all brokers.</summary>
    public RaftStreamClient Connect() => new(new RaftStreamClientOptions
    {
        BootstrapEndpoints = [.. Brokers.Select(broker => broker.Endpoint)],
        OperationTimeout = Eventually.Patience,
    });

    /// <summary>Runs the command.</summary>
    /// <returns>Exit code, and everything it said.</returns>
    public static async Task<(int ExitCode, string Text)> RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(RaftStreamCommand.StartInfo(arguments))!;
        var log = new CapturedLog();
        log.Attach(process);
        await process.WaitForExitAsync();
        return (process.ExitCode, log.Text);
    }

    /// <summary>What all nodes said last.</summary>
    public string Story() => string.Join("\n\n", _nodes.Select(
        (node, index) => $"node {index + 1}:\n{string.Join('\n', node?.Log.Lines.TakeLast(15) ?? [])}"));

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerProcess node in _nodes.OfType<BrokerProcess>())
        {
            await node.DisposeAsync();
        }
    }

    private async Task FormatAsync(int id, string[] mode)
    {
        (int exitCode, string text) = await RunAsync(
        [
            "storage", "format", "--cluster-id", ClusterId.ToString(), "--node-id", id.ToString(CultureInfo.InvariantCulture),
            "--data", _folder[$"node-{id}"], .. mode,
        ]);
        Assert.True(exitCode == 0, text);
    }

    private string[] SettingsOf(int id) =>
    [
        $"--node-id={id}", $"--cluster-id={ClusterId}", $"--quorum-bootstrap-servers={Quorum}",
        .. id <= Controllers
            ? (string[])["--process-roles=controller", $"--quorum-listen=127.0.0.1:{_quorumPorts[id - 1]}"]
            : ["--process-roles=broker", $"--quorum-listen=127.0.0.1:{_brokerPorts[id - 1 - Controllers]}"],
    ];
}
