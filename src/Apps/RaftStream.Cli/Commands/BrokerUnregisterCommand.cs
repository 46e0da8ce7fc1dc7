using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>broker unregister</c>.</summary>
internal static class BrokerUnregisterCommand
{
    public static Command Create(CliConsole console)
    {
        var node = new Argument<int>("node") { Description = "Its node id" };
        var force = new Option<bool>("--force") { Description = "Also while it is a replica of partitions: gives its copies up for lost" };
        var command = new CliCommand(
            "unregister", "Forgets a broker that is gone for good; it must be stopped, and hold nothing.", "raftstream broker unregister 7")
        {
            node, force,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            int id = parsed.GetRequiredValue(node);
            await connected.Cluster.UnregisterBrokerAsync(id, parsed.GetValue(force), cancellationToken).ConfigureAwait(false);
            Print(console, output.Of(parsed), id);
            if (parsed.GetValue(force))
            {
                await PrintLeaderlessAsync(console, connected.Admin, id, cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Ok;
        });
    }

    /// <summary>Says on standard error which partitions nobody can lead without a loss any more.</summary>
    private static async Task PrintLeaderlessAsync(CliConsole console, Admin admin, int id, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicDescription> topics;
        try
        {
            topics = await admin.ListTopicsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RaftStreamException exception)
        {
            await console.Error.WriteLineAsync($"Which partitions have no leader now is not known: {exception.Message}").ConfigureAwait(false);
            return;
        }

        foreach (TopicDescription topic in topics)
        {
            int[] lost = [.. topic.Partitions
                .Where(one => one.Leader < 0 && one.Replicas.Contains(id) && !one.Isr.Concat(one.Elr).Any(other => other != id))
                .Select(one => one.Partition)];
            if (lost.Length > 0)
            {
                await console.Error.WriteLineAsync(
                    $"No replica has all records of {topic.Name}, partition{(lost.Length == 1 ? "" : "s")} {string.Join(", ", lost)}: without a leader until: raftstream partition elect {topic.Name} --unclean").ConfigureAwait(false);
            }
        }
    }

    private static void Print(CliConsole console, OutputFormat format, int id)
    {
        if (format == OutputFormat.Text)
        {
            console.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"broker {id} unregistered"));
            return;
        }

        JsonOutput.Write(console, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("node", id);
            json.WriteBoolean("registered", false);
            json.WriteEndObject();
        });
    }
}
