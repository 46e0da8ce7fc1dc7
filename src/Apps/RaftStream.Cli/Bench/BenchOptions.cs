using System.CommandLine;
using System.Net;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Bench;

/// <summary>The options that all benchmarks have.</summary>
internal sealed class BenchOptions
{
    /// <summary>How long is measured when nobody says.</summary>
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DefaultWarmUp = TimeSpan.FromSeconds(5);

    private readonly Option<string?> _topic = new("--topic")
    {
        Description = "Use this topic, which must exist, as it is; default: a new one, deleted at the end",
        HelpName = "name",
    };
    private readonly Option<bool> _keep = new("--keep") { Description = "Do not delete the new topic" };
    private readonly Option<int> _partitions = new Option<int>("--partitions", "-p")
    {
        Description = "Partitions of the new topic",
        HelpName = "n",
        DefaultValueFactory = static _ => 1,
    }.Checked(static count => count >= 1, "--partitions must be 1 or more.");
    private readonly Option<string?> _flush = Choice.Create(
        "--flush", null, "Config flush of the new topic; default the broker's", null, "commit", "os");
    private readonly Option<int> _recordSize = new("--record-size")
    {
        Description = "Bytes of each value (random; no keys, no headers)",
        HelpName = "bytes",
        CustomParser = Sizes.ParseInt,
        DefaultValueFactory = static _ => 100,
    };

    private readonly Option<TimeSpan?> _warmUp = new("--warm-up")
    {
        Description = $"The same load before the clock starts, since both processes begin cold; default {DefaultWarmUp.TotalSeconds:0}s",
        HelpName = "time",
        CustomParser = static argument => Durations.ParseOrZero(argument),
    };

    private readonly Option<int?> _brokerPid = new("--broker-pid")
    {
        Description = "Process whose CPU is counted; default whoever listens on the port here",
        HelpName = "pid",
    };
    private readonly ClientOptions _client;
    private readonly OutputOption _output;

    /// <summary>Adds the options to <paramref name="command"/>.</summary>
    public BenchOptions(CliCommand command, CliConsole console)
    {
        foreach (Option option in (Option[])[_topic, _keep, _partitions, _flush, _recordSize, _warmUp, _brokerPid])
        {
            command.Options.Add(option);
        }

        _client = new ClientOptions(command, console, TimeSpan.FromSeconds(30));
        _output = new OutputOption(command);
    }

    /// <summary>The option <c>--duration</c>.</summary>
    public static Option<TimeSpan?> Duration(string description) =>
        Durations.Option("--duration", $"{description}; default {DefaultDuration.TotalSeconds:0}s");

    /// <summary>How to connect.</summary>
    public ClientOptions Client => _client;

    /// <summary>What was asked for.</summary>
    public BenchPlan Of(ParseResult parsed) => new(
        parsed.GetValue(_topic),
        parsed.GetValue(_keep),
        parsed.GetValue(_partitions),
        parsed.GetValue(_flush),
        parsed.GetValue(_recordSize),
        parsed.GetValue(_warmUp) ?? DefaultWarmUp,
        parsed.GetValue(_brokerPid) ?? FindBroker(parsed),
        _output.Of(parsed));

    private int? FindBroker(ParseResult parsed)
    {
        if (!OperatingSystem.IsLinux() || _client.BootstrapOf(parsed) is not [var endpoint, ..])
        {
            return null;
        }

        (string host, int port) = Reachability.Parse(endpoint);
        bool isHere = host is "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
        return isHere ? ProcFiles.FindListener(port) : null;
    }
}

/// <summary>What a benchmark works on.</summary>
/// <param name="Topic">Null is a new one.</param>
/// <param name="Flush">Null is the broker's default.</param>
/// <param name="BrokerPid">Null is unknown.</param>
internal sealed record BenchPlan(
    string? Topic, bool KeepTopic, int Partitions, string? Flush, int RecordSize, TimeSpan WarmUp, int? BrokerPid, OutputFormat Output);
