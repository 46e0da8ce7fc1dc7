using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Server.Startup;
using RaftStream.Storage.Files;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>storage info</c>.</summary>
internal static class StorageInfoCommand
{
    public static Command Create(CliConsole console)
    {
        var data = new Option<string>("--data") { Description = "The node's data folder (data.dir)", HelpName = "folder", Required = true };
        var quorum = new Option<string?>("--quorum-directory") { Description = "Folder of the metadata log, when the server has quorum.directory", HelpName = "folder" };
        var command = new CliCommand(
            "info", "Shows whose folder it is, and what its quorum state says; also while the node runs.", "raftstream storage info --data /var/lib/raftstream")
        {
            data, quorum,
        };
        var output = new OutputOption(command);
        return command.Does((parsed, _) =>
        {
            string folder = QuorumLocation.Of(parsed.GetRequiredValue(data), parsed.GetValue(quorum) ?? "");
            QuorumInspection found = QuorumInspection.TryRead(PhysicalFileSystem.Instance, folder)
                ?? throw new CliException($"{folder} is not formatted.\nPrepare it with: raftstream storage format --help");
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, folder, found);
            }
            else
            {
                PrintText(console, folder, found);
            }

            return Task.FromResult(ExitCode.Ok);
        });
    }

    private static void PrintText(CliConsole console, string folder, QuorumInspection found)
    {
        Table table = Tables.Create("property", "value");
        table.Row("folder", folder);
        table.Row("cluster", found.Identity.ClusterId.ToString());
        table.Row("node", found.Identity.NodeId.ToString());
        table.Row("directory", found.Identity.DirectoryId.ToString());
        table.Row("epoch", found.State?.Epoch.ToString() ?? "lost: quorum-state is missing or damaged");
        table.Row("leader", LeaderOf(found) is { } leader ? $"node {leader}" : "not known");
        table.Row("voted for", found.State?.VotedKey is { } voted ? $"node {voted.Id}, directory {voted.DirectoryId}" : "nobody");
        table.Row("durable below", $"offset {found.DurableBound}, or more");
        table.Row("log", Tables.Size(found.LogBytes));
        table.Row("snapshots", found.Snapshots.IsEmpty ? "none" : string.Join(", ", found.Snapshots.Select(Name)));
        table.Row("voters", found.SnapshotVoters is { } voters ? string.Join(", ", voters.Voters.Select(Name)) : "not known: it joins a cluster");
        table.Print(console);
    }

    private static void PrintJson(CliConsole console, string folder, QuorumInspection found) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteString("folder", folder);
        json.WriteString("clusterId", found.Identity.ClusterId);
        json.WriteNumber("nodeId", found.Identity.NodeId.Value);
        json.WriteString("directoryId", found.Identity.DirectoryId);
        json.WriteBoolean("sound", found.State is not null);
        json.WriteNumber("epoch", found.State?.Epoch.Value ?? -1);
        json.WriteNumber("leader", LeaderOf(found) ?? -1);
        json.WriteNumber("votedFor", found.State?.VotedKey?.Id.Value ?? -1);
        json.WriteNumber("durableBound", found.DurableBound.Value);
        json.WriteNumber("logBytes", found.LogBytes);
        json.WriteArray("snapshots", found.Snapshots, static (writer, id) => writer.WriteStringValue(Name(id)));
        json.WriteArray("voters", found.SnapshotVoters?.Voters ?? [], static (writer, voter) => writer.WriteStringValue(Name(voter)));
        json.WriteEndObject();
    });

    private static int? LeaderOf(QuorumInspection found) => found.State is { LeaderId.Value: >= 0 and var leader } ? leader : null;

    private static string Name(SnapshotId id) => $"{id.EndOffset}-{id.Epoch}";

    private static string Name(Voter voter) => $"{voter.Key.Id}@{voter.Endpoint}:{voter.Key.DirectoryId}";
}
