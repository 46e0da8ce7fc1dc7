using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic describe</c>.</summary>
internal static class TopicDescribeCommand
{
    public static Command Create(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The topic" };
        var allConfigs = new Option<bool>("--configs") { Description = "All configs, those with default values too" };
        var command = new CliCommand(
            "describe",
            "Shows a topic's partitions, offsets, sizes and configs.",
            "raftstream topic describe orders",
            "raftstream topic describe orders --configs --output json")
        {
            name, allConfigs,
        };
        command.Explained(static () =>
            """
            Offsets and sizes are told by the leader of each partition. Where there is none, or it cannot be asked, they are
            unknown, and standard error says why; in JSON the partition has "error" in their place.
            """);
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            TopicReport report = await ReadAsync(
                connected.Admin, parsed.GetRequiredValue(name), parsed.GetValue(allConfigs), cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                report.PrintJson(console);
            }
            else
            {
                report.PrintText(console);
            }

            report.PrintUnknown(console);
            return ExitCode.Ok;
        });
    }

    private static async Task<TopicReport> ReadAsync(
        Admin admin, string name, bool allConfigs, CancellationToken cancellationToken)
    {
        TopicDescription topic = await admin.DescribeTopicAsync(name, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<LeaderLog> logs = await admin.DescribeLeaderLogsAsync(name, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ConfigDescription> configs = await admin.DescribeTopicConfigsAsync(
            name, cancellationToken).ConfigureAwait(false);
        return new TopicReport(
            topic,
            logs.ToDictionary(log => log.Partition.Partition),
            [.. configs.Where(config => allConfigs || config.Origin is not (ConfigOrigin.Default or ConfigOrigin.Unknown))]);
    }
}
