using System.CommandLine;
using System.Text;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Consuming;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>consume</c>.</summary>
internal static class ConsumeCommand
{
    public static Command Create(CliConsole console)
    {
        var topic = new Argument<string>("topic") { Description = "What to read" };
        var from = new Option<FromPosition?>("--from")
        {
            Description = "Where to begin: beginning (default), end, offset:N (offset:-N: the last N), "
                + "time:T (ISO 8601, ms since 1970, or -10m)",
            HelpName = "position",
            CustomParser = static argument => FromPosition.Parse(argument),
        };
        var follow = new Option<bool>("--follow", "-f")
        {
            Description = "Go on with what is produced from now on; else end where the log ended at the start",
        };
        var limit = new Option<long?>("--limit", "-n")
        {
            Description = "End after this many records",
            HelpName = "n",
            CustomParser = static argument => Sizes.Parse(argument),
        };
        var partitions = new Option<int[]>("--partition", "-p")
        {
            Description = "Only this partition, several times; default all",
            HelpName = "n",
            DefaultValueFactory = static _ => [],
            Arity = ArgumentArity.OneOrMore,
        };
        var rack = new Option<string>("--rack")
        {
            Description = "Where this consumer stands: read from in-sync replicas in this rack where brokers have replica.selector=rack; default from leaders",
            HelpName = "name",
            DefaultValueFactory = static _ => "",
        };
        Option<string?> format = Choice.Create(
            "--format", null, "raw (default): the values, a line each; json: an object per line, as with --output json", null, "raw", "json");
        var fields = new PrintedFieldsOptions();
        var command = new CliCommand(
            "consume",
            "Prints the records of a topic.",
            "raftstream consume orders --limit 5",
            "raftstream consume orders --from end --follow --format json",
            "raftstream consume orders --from time:-10m --partition 0 --print-offset --print-key",
            "raftstream consume orders --follow --rack zone-a")
        {
            topic, from, follow, limit, partitions, rack, format,
        };
        fields.AddTo(command);
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            Records of one partition come in order; partitions mix. In JSON, keys and values that are UTF-8 are strings under
            "key" and "value"; others are in base 64 under "keyBase64" and "valueBase64".
            """);
        return command.Does(async (parsed, cancellationToken) =>
        {
            bool isJson = (parsed.GetValue(format) ?? "") == "json"
                || (parsed.GetValue(format) is null && output.Of(parsed) == OutputFormat.Json);
            IRecordPrinter printer = isJson ? new JsonPrinter() : new RawPrinter(fields.Of(parsed));
            RaftStreamClient connected = await client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingConnected = connected.ConfigureAwait(false);
            ReadingPlan plan = await ReadingPlan.MakeAsync(
                connected.Admin,
                parsed.GetRequiredValue(topic),
                parsed.GetRequiredValue(partitions),
                parsed.GetValue(from) ?? FromPosition.Beginning,
                cancellationToken).ConfigureAwait(false);
            using var reader = new TopicReader(console, printer, parsed.GetRequiredValue(rack));
            await reader.RunAsync(
                connected, plan, parsed.GetValue(follow), parsed.GetValue(limit) ?? long.MaxValue, cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        });
    }

    /// <summary>The options <c>--print-...</c> of the raw format.</summary>
    private sealed class PrintedFieldsOptions
    {
        private readonly Option<bool> _partition = new("--print-partition")
        {
            Description = "Raw: the partition in front of each value",
        };
        private readonly Option<bool> _offset = new("--print-offset") { Description = "Raw: the offset" };
        private readonly Option<bool> _timestamp = new("--print-timestamp")
        {
            Description = "Raw: the timestamp, ms since 1970",
        };
        private readonly Option<bool> _headers = new("--print-headers") { Description = "Raw: the headers as k=v,k=v" };
        private readonly Option<bool> _key = new("--print-key") { Description = "Raw: the key" };
        private readonly Option<string> _separator = new("--separator")
        {
            Description = "Raw: between these fields; default a tab",
            HelpName = "text",
            DefaultValueFactory = static _ => "\t",
        };

        public void AddTo(CliCommand command)
        {
            command.Options.Add(_partition);
            command.Options.Add(_offset);
            command.Options.Add(_timestamp);
            command.Options.Add(_headers);
            command.Options.Add(_key);
            command.Options.Add(_separator);
        }

        public PrintedFields Of(ParseResult parsed) => new(
            parsed.GetValue(_partition),
            parsed.GetValue(_offset),
            parsed.GetValue(_timestamp),
            parsed.GetValue(_headers),
            parsed.GetValue(_key),
            Encoding.UTF8.GetBytes(parsed.GetRequiredValue(_separator)));
    }
}
