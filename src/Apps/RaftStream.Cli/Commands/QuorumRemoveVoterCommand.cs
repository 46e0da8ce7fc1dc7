using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;
using RaftStream.Raft;

namespace RaftStream.Cli.Commands;

/// <summary><c>quorum remove-voter</c> (C-11.4).</summary>
internal static class QuorumRemoveVoterCommand
{
    public static Command Create(CliConsole console)
    {
        var voter = new Argument<string>("voter") { Description = "id:directory-id, as raftstream quorum describe shows them" };
        var command = new CliCommand(
            "remove-voter",
            "Takes a controller's vote away.",
            "raftstream quorum remove-voter 4:5f4e3d2c-1b0a-4f9e-8d7c-6b5a49382716")
        {
            voter,
        };
        command.Explained(static () =>
            """
            For a controller that goes, or whose disk was lost. The directory id is part of the name, so that the new folder of
            a node is never taken for its old one. A controller that still runs goes on as an observer.
            """);
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return command.Does(async (parsed, cancellationToken) =>
        {
            ReplicaKey removed = Parse(parsed.GetRequiredValue(voter));
            RaftStreamClient connected = await client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingConnected = connected.ConfigureAwait(false);
            await connected.Cluster.RemoveVoterAsync(new VoterKey(removed.Id.Value, removed.DirectoryId), cancellationToken).ConfigureAwait(false);
            VoterOutcome.Print(
                console, output.Of(parsed), removed, string.Create(CultureInfo.InvariantCulture, $"node {removed.Id} votes no more"), isVoter: false);
            return ExitCode.Ok;
        });
    }

    private static ReplicaKey Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && Guid.TryParse(text.AsSpan(colon + 1), out Guid directory)
            && directory != Guid.Empty
            ? new ReplicaKey(new NodeId(id), directory)
            : throw new CliException($"\"{text}\" is not id:directory-id; both are shown by: raftstream quorum describe", ExitCode.Usage);
    }
}
