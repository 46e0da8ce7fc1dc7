using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic delete</c>.</summary>
internal static class TopicDeleteCommand
{
    public static Command Create(CliConsole console)
    {
        var names = new Argument<string[]>("name") { Description = "Topics to delete", Arity = ArgumentArity.OneOrMore };
        var ifThere = new Option<bool>("--if-exists") { Description = "Content when there is no such topic" };
        var command = new CliCommand(
            "delete", "Deletes topics with all of their records. There is no way back.", "raftstream topic delete orders")
        {
            names, ifThere,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            IReadOnlyList<TopicOutcome> outcomes = await connected.Admin.DeleteTopicsAsync(
                parsed.GetRequiredValue(names), cancellationToken).ConfigureAwait(false);
            ErrorCode? pardoned = parsed.GetValue(ifThere) ? ErrorCode.UnknownTopicOrPartition : null;
            return TopicOutcomes.Print(console, output.Of(parsed), outcomes, pardoned, verb: "deleted", verbWhenPardoned: "does not exist");
        });
    }
}
