using System.CommandLine;
using System.Diagnostics;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.CommandLine;

/// <summary>The options of every command that talks to a broker.</summary>
internal sealed class ClientOptions
{
    private const string BootstrapVariable = "RAFTSTREAM_BOOTSTRAP";
    private const string DefaultBootstrap = "127.0.0.1:9090";

    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(1);

    private readonly CliCommand _command;
    private readonly CliConsole _console;
    private readonly Option<string> _bootstrap;
    private readonly Option<TimeSpan?> _timeout;
    private readonly TimeSpan _defaultTimeout;

    /// <summary>Adds the options to <paramref name="command"/>.</summary>
    /// <param name="defaultTimeout">Null is 15 s.</param>
    public ClientOptions(CliCommand command, CliConsole console, TimeSpan? defaultTimeout = null)
    {
        _command = command;
        _console = console;
        _defaultTimeout = defaultTimeout ?? TimeSpan.FromSeconds(15);
        _bootstrap = new Option<string>("--bootstrap", "-b")
        {
            Description = $"A broker to ask first, or several with commas between; default {BootstrapVariable}, else {DefaultBootstrap}",
            HelpName = "host:port",
        };
        _timeout = Durations.Option("--timeout", $"Longest wait for an answer, with all retries; default {_defaultTimeout.TotalSeconds:0}s");
        command.Options.Add(_bootstrap);
        command.Options.Add(_timeout);
    }

    /// <summary>The brokers to ask first, <c>host:port</c> each.</summary>
    public IReadOnlyList<string> BootstrapOf(ParseResult parsed)
    {
        string written = parsed.GetValue(_bootstrap) ?? _console.Variable(BootstrapVariable) ?? DefaultBootstrap;
        return written.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Longest wait for one operation.</summary>
    public TimeSpan TimeoutOf(ParseResult parsed) => parsed.GetValue(_timeout) ?? _defaultTimeout;

    /// <summary>Says what the command does when it is called, with a client that lives as long.</summary>
    /// <param name="run">As <see cref="CliCommand.Does"/> takes it.</param>
    public CliCommand Does(Func<RaftStreamClient, ParseResult, CancellationToken, Task<int>> run) =>
        _command.Does(async (parsed, cancellationToken) =>
        {
            RaftStreamClient connected = await ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingConnected = connected.ConfigureAwait(false);
            return await run(connected, parsed, cancellationToken).ConfigureAwait(false);
        });

    /// <summary>A client, once a broker has been seen to listen.</summary>
    /// <exception cref="CliException">An endpoint makes no sense, or nobody listens at any of them.</exception>
    public async Task<RaftStreamClient> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> endpoints = BootstrapOf(parsed);
        TimeSpan timeout = TimeoutOf(parsed);
        long began = Stopwatch.GetTimestamp();
        await Reachability.CheckAsync(endpoints, timeout, cancellationToken).ConfigureAwait(false);
        TimeSpan left = timeout - Stopwatch.GetElapsedTime(began);
        left = left > ShortestRest ? left : ShortestRest;
        return new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = endpoints,
            ClientId = "raftstream-cli",
            OperationTimeout = left,
            RequestTimeout = left,
        });
    }
}
