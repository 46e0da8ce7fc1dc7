using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic alter</c>.</summary>
internal static class TopicAlterCommand
{
    public static Command Create(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The topic" };
        var partitions = new Option<int?>("--partitions", "-p")
        {
            Description = "Partitions in all from now on, more than before; keys then hash to other partitions",
            HelpName = "n",
        }.AtLeastOne();
        var configs = new Option<IReadOnlyDictionary<string, string>>("--config", "-c")
        {
            Description = "Sets a config, several times",
            HelpName = "key=value",
            CustomParser = KeyValues.ParseUnique,
            DefaultValueFactory = static _ => new Dictionary<string, string>(),
            Arity = ArgumentArity.OneOrMore,
        };
        var resets = new Option<string[]>("--reset")
        {
            Description = "Sets a config back to its default, several times",
            HelpName = "key",
            DefaultValueFactory = static _ => [],
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new CliCommand(
            "alter",
            "Adds partitions to a topic and changes its configs.",
            "raftstream topic alter orders --partitions 12",
            "raftstream topic alter orders --config retention.ms=86400000 --reset flush")
        {
            name, partitions, configs, resets,
        };
        command.Checked(result =>
        {
            if (result.GetResult(partitions) is null && result.GetResult(configs) is null or { Implicit: true }
                && result.GetResult(resets) is null or { Implicit: true })
            {
                result.AddError("Nothing to change: give --partitions, --config or --reset.");
            }
        });
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return command.Does(async (parsed, cancellationToken) =>
        {
            SortedDictionary<string, string?> changes = ChangesOf(parsed.GetRequiredValue(configs), parsed.GetRequiredValue(resets));
            RaftStreamClient connected = await client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingConnected = connected.ConfigureAwait(false);
            string topic = parsed.GetRequiredValue(name);
            int? count = parsed.GetValue(partitions);
            await ApplyAsync(connected.Admin, topic, count, changes, cancellationToken).ConfigureAwait(false);
            Print(console, output.Of(parsed), topic, count, changes);
            return ExitCode.Ok;
        });
    }

    private static SortedDictionary<string, string?> ChangesOf(
        IReadOnlyDictionary<string, string> configs, string[] resets)
    {
        var changes = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach ((string key, string value) in configs)
        {
            changes[key] = value;
        }

        foreach (string key in resets)
        {
            if (!changes.TryAdd(key, null))
            {
                throw new CliException($"\"{key}\" is both set and reset.", ExitCode.Usage);
            }
        }

        return changes;
    }

    // Two requests, but nothing is half done for a mistake: the configs are checked before the partitions are added.
    private static async Task ApplyAsync(
        Admin admin, string topic, int? partitions, SortedDictionary<string, string?> changes, CancellationToken cancellationToken)
    {
        if (changes.Count > 0)
        {
            await admin.AlterTopicConfigsAsync(
                topic, changes, validateOnly: partitions is not null, cancellationToken).ConfigureAwait(false);
        }

        if (partitions is { } count)
        {
            await admin.CreatePartitionsAsync(topic, count, cancellationToken).ConfigureAwait(false);
            if (changes.Count > 0)
            {
                await admin.AlterTopicConfigsAsync(
                    topic, changes, validateOnly: false, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Print(
        CliConsole console, OutputFormat format, string topic, int? partitions, SortedDictionary<string, string?> changes)
    {
        if (format == OutputFormat.Json)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteString("topic", topic);
                if (partitions is { } count)
                {
                    json.WriteNumber("partitions", count);
                }

                json.WriteStartObject("configs");
                foreach ((string key, string? value) in changes)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            });
            return;
        }

        List<string> done = [.. changes.Select(change => change.Value is null ? $"{change.Key} reset" : $"{change.Key}={change.Value}")];
        if (partitions is { } now)
        {
            done.Insert(0, string.Create(CultureInfo.InvariantCulture, $"{now} partitions"));
        }

        console.Text.WriteLine($"topic \"{topic}\" altered: {string.Join(", ", done)}");
    }
}
