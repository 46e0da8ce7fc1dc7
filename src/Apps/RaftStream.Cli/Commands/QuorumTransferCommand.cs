using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>quorum transfer</c>.</summary>
internal static class QuorumTransferCommand
{
    public static Command Create(CliConsole console)
    {
        var to = new Option<int?>("--to") { Description = "The voter to be tried first; default whoever is furthest", HelpName = "node" }
            .Checked(static id => id is null or >= 0, "--to must be 0 or more.");
        var command = new CliCommand(
            "transfer",
            "Asks the leader to hand over, e.g. before its machine is taken down.",
            "raftstream quorum transfer",
            "raftstream quorum transfer --to 2")
        {
            to,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            await connected.Cluster.TransferLeadershipAsync(parsed.GetValue(to), cancellationToken).ConfigureAwait(false);
            QuorumDescription after = await connected.Cluster.DescribeQuorumAsync(cancellationToken).ConfigureAwait(false);
            Print(console, output.Of(parsed), after);
            return ExitCode.Ok;
        });
    }

    private static void Print(CliConsole console, OutputFormat format, QuorumDescription after)
    {
        if (format == OutputFormat.Text)
        {
            console.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"node {after.Leader} leads epoch {after.LeaderEpoch} now"));
            return;
        }

        JsonOutput.Write(console, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("leader", after.Leader);
            json.WriteNumber("leaderEpoch", after.LeaderEpoch);
            json.WriteEndObject();
        });
    }
}
