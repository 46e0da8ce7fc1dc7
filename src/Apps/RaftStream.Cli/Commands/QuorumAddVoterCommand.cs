using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Formatting;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Raft;

namespace RaftStream.Cli.Commands;

/// <summary><c>quorum add-voter</c> (C-11.3).</summary>
internal static class QuorumAddVoterCommand
{
    public static Command Create(CliConsole console)
    {
        var voter = new Argument<string>("voter") { Description = $"{InitialVoters.Shape}; the directory id is told by: raftstream storage info" };
        var command = new CliCommand(
            "add-voter",
            "Makes a controller that follows a voter.",
            "raftstream quorum add-voter 4@c4.example.org:9091:5f4e3d2c-1b0a-4f9e-8d7c-6b5a49382716")
        {
            voter,
        };
        command.Explained(static () =>
            """
            The controller must run (formatted with --no-initial-voters) and have caught up: raftstream quorum describe shows it
            as an observer that is 0 behind. One change at a time.
            """);
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return command.Does(async (parsed, cancellationToken) =>
        {
            Voter added = InitialVoters.ParseOne(parsed.GetRequiredValue(voter));
            RaftStreamClient connected = await client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingConnected = connected.ConfigureAwait(false);
            await connected.Cluster.AddVoterAsync(
                new VoterKey(added.Key.Id.Value, added.Key.DirectoryId), added.Endpoint.ToString(), cancellationToken).ConfigureAwait(false);
            VoterOutcome.Print(
                console, output.Of(parsed), added.Key, string.Create(CultureInfo.InvariantCulture, $"node {added.Key.Id} votes now"), isVoter: true);
            return ExitCode.Ok;
        });
    }
}
