using System.Diagnostics;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration.Containers;

/// <summary>A cluster in containers, brought up by <c>scripts/compose</c> beside whatever else runs, and gone when the test ends.</summary>
internal sealed class ComposeStack : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly bool _isCombined;
    private readonly int[] _ports = [FreePorts.Take(), FreePorts.Take(), FreePorts.Take()];
    private readonly int[] _kafkaPorts = [FreePorts.Take(), FreePorts.Take(), FreePorts.Take()];

    private ComposeStack(bool isCombined)
    {
        _isCombined = isCombined;
        _environment = new Dictionary<string, string>
        {
            ["COMPOSE_PROJECT_NAME"] = $"raftstream-test-{Guid.NewGuid():N}",
            ["RAFTSTREAM_IMAGE"] = "raftstream:test",
        };
        for (int i = 0; i < _ports.Length; i++)
        {
            string prefix = isCombined ? "RAFTSTREAM_COMBINED_" : "RAFTSTREAM_";
            _environment[$"{prefix}PORT_{i + 1}"] = _ports[i].ToString(CultureInfo.InvariantCulture);
            _environment[$"{prefix}KAFKA_PORT_{i + 1}"] = _kafkaPorts[i].ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>host:port of the brokers, as they advertise them.</summary>
    public IReadOnlyList<string> Endpoints => [.. _ports.Select(port => $"localhost:{port}")];

    /// <summary>host:port for Kafka clients on the host, by broker.</summary>
    public IReadOnlyList<string> KafkaEndpoints => [.. _kafkaPorts.Select(port => $"localhost:{port}")];

    /// <summary>Builds the image, and brings the stack up.</summary>
    public static async Task<ComposeStack> StartAsync(bool isCombined = false)
    {
        var stack = new ComposeStack(isCombined);
        try
        {
            await stack.UpAsync();
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings up whatever does not run, and waits until all is ready.</summary>
    public Task UpAsync() => MustAsync(_isCombined ? ["up", "--combined"] : ["up"]);

    /// <summary>Runs the script for this stack.</summary>
    /// <returns>What it said.</returns>
    public async Task<string> MustAsync(params string[] arguments)
    {
        (int exitCode, string text) = await RunAsync(arguments);
        Assert.True(exitCode == 0, $"scripts/compose {string.Join(' ', arguments)} ended with {exitCode}:\n{text}");
        return text;
    }

    /// <summary>Runs the script for this stack.</summary>
    /// <returns>Exit code, and what it said.</returns>
    public Task<(int ExitCode, string Text)> RunAsync(params string[] arguments) => RunScript(arguments, _environment);

    /// <summary>Runs a line of shell on the host, which must end well.</summary>
    /// <returns>What it said.</returns>
    public async Task<string> MustShellAsync(string line)
    {
        (int exitCode, string text) = await RunProgram("bash", ["-o", "pipefail", "-c", line], _environment);
        Assert.True(exitCode == 0, $"{line} ended with {exitCode}:\n{text}");
        return text;
    }

    /// <summary>Runs <c>docker</c> on the container of a service, whose id takes the place of <c>{}</c>.</summary>
    public async Task<(int ExitCode, string Text)> DockerAsync(string service, params string[] arguments)
    {
        (_, string ids) = await RunProgram(
            "docker",
            ["ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={_environment["COMPOSE_PROJECT_NAME"]}", "--filter", $"label=com.docker.compose.service={service}"],
            _environment);
        return await RunProgram("docker", [.. arguments.Select(argument => argument == "{}" ? ids.Trim() : argument)], _environment);
    }

    /// <summary>A client on the host.</summary>
    public RaftStreamClient Connect() => new(new RaftStreamClientOptions { BootstrapEndpoints = Endpoints, OperationTimeout = Eventually.Patience });

    /// <summary>What all nodes said last.</summary>
    public string Story()
    {
        (_, string text) = RunAsync("logs", "--tail=20").GetAwaiter().GetResult();
        return text;
    }

    public async ValueTask DisposeAsync() => await RunAsync("down", "--delete");

    /// <summary>Runs <c>scripts/compose</c>.</summary>
    public static Task<(int ExitCode, string Text)> RunScript(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        RunProgram(Path.Combine(ForeignTool.RepositoryRoot, "scripts", "compose"), arguments, environment);

    private static async Task<(int ExitCode, string Text)> RunProgram(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        var log = new CapturedLog();
        log.Attach(process);
        await process.WaitForExitAsync();
        return (process.ExitCode, log.Text);
    }
}
