using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Formatting;
using RaftStream.Cli.Output;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Server.Startup;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Cli.Commands;

/// <summary><c>storage format</c> (C-2.2, C-12.1).</summary>
internal static class StorageFormatCommand
{
    private static readonly RaftEndpoint DefaultEndpoint = new("127.0.0.1", 9091);

    public static Command Create(CliConsole console)
    {
        var cluster = new Option<Guid>("--cluster-id") { Description = "The cluster; make one up with: raftstream storage random-uuid", HelpName = "uuid", Required = true }
            .Checked(static id => id != Guid.Empty, "--cluster-id must not be all zeros.");
        var node = new Option<int>("--node-id") { Description = "Number of the node, unique in the cluster", HelpName = "n", Required = true }
            .Checked(static id => id >= 0, "--node-id must be 0 or more.");
        var data = new Option<string>("--data") { Description = "The node's data folder (data.dir)", HelpName = "folder", Required = true };
        var quorum = new Option<string?>("--quorum-directory") { Description = "Folder of the metadata log, when the server has quorum.directory", HelpName = "folder" };
        var alone = new Option<bool>("--standalone") { Description = "A new cluster with this controller as its only voter; others may join it later" };
        var voters = new Option<string?>("--initial-voters") { Description = $"A new cluster with these voters: {InitialVoters.Shape}, several with commas", HelpName = "list" };
        var joins = new Option<bool>("--no-initial-voters") { Description = "A broker, or a controller that joins a cluster that is there" };
        var advertised = new Option<string?>("--advertised") { Description = $"With --standalone: where other nodes reach it (quorum.advertised); default {DefaultEndpoint}", HelpName = "host:port" };
        var directoryId = new Option<Guid?>("--directory-id") { Description = "Id of this folder; default random", HelpName = "uuid" };
        var ignore = new Option<bool>("--ignore-formatted") { Description = "Content with a folder that is formatted for this cluster and node already" };
        var receipts = new Option<string?>("--receipts")
        {
            Description = "Folder on another disk that remembers who was formatted: who comes again with an empty folder has lost its disk, and joins",
            HelpName = "folder",
        };
        var command = new CliCommand(
            "format",
            "Prepares the folder of a node before its first start.",
            "raftstream storage format --cluster-id 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0 --node-id 1 --data /var/lib/raftstream --standalone",
            "raftstream storage format --cluster-id 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0 --node-id 4 --data /var/lib/raftstream --no-initial-voters",
            "raftstream storage format --cluster-id 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0 --node-id 1 --data /var/lib/raftstream --initial-voters 1@c1:9091:5f4e3d2c-1b0a-4f9e-8d7c-6b5a49382716")
        {
            cluster, node, data, quorum, alone, voters, joins, advertised, directoryId, ignore, receipts,
        };
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            One of --standalone, --initial-voters and --no-initial-voters says what the node begins with. Of a new cluster, every
            controller is formatted with the same --cluster-id and the same --initial-voters, its own entry among them: the
            directory ids in the list are what the folders get. Never give a list again to a controller whose disk was lost:
            it could vote twice. Format that one with --no-initial-voters, and replace the old voter by the new one.
            Where formatting happens by itself at every start, as in containers, --receipts sees to that.
            """);
        command.Checked(result =>
        {
            int modes = Count(result.GetValue(alone)) + Count(result.GetValue(voters) is not null) + Count(result.GetValue(joins));
            if (modes != 1)
            {
                result.AddError("Give exactly one of --standalone, --initial-voters and --no-initial-voters.");
            }
        });
        return command.Does((parsed, _) =>
        {
            var id = new NodeId(parsed.GetValue(node));
            VoterSet initial = VoterSet.Empty;
            Guid directory = parsed.GetValue(directoryId) ?? Guid.NewGuid();
            if (parsed.GetValue(voters) is { } list)
            {
                initial = InitialVoters.Parse(list);
                directory = DirectoryOf(initial, id, parsed.GetValue(directoryId));
            }
            else if (parsed.GetValue(alone))
            {
                initial = new VoterSet([new Voter(new ReplicaKey(id, directory), EndpointOf(parsed.GetValue(advertised)))]);
            }

            var given = parsed.GetValue(receipts) is { } folder ? new Receipts(PhysicalFileSystem.Instance, Path.GetFullPath(folder)) : null;
            Guid clusterId = parsed.GetValue(cluster);
            if (given?.Has(clusterId, id) == true)
            {
                // The disk that was this voter is gone, or it is still there and stays as it is.
                initial = VoterSet.Empty;
                directory = Guid.NewGuid();
            }

            string dataFolder = Path.GetFullPath(parsed.GetRequiredValue(data));
            var plan = new FormatPlan(
                dataFolder,
                QuorumLocation.Of(dataFolder, parsed.GetValue(quorum) ?? ""),
                new DirectoryIdentity(clusterId, id, directory),
                initial);
            bool isNew = plan.Run(PhysicalFileSystem.Instance, parsed.GetValue(ignore));
            given?.Write(clusterId, id);
            Print(console, output.Of(parsed), plan, isNew);
            return Task.FromResult(ExitCode.Ok);
        });
    }

    private static int Count(bool isGiven) => isGiven ? 1 : 0;

    private static RaftEndpoint EndpointOf(string? text) => text is null
        ? DefaultEndpoint
        : HostPort.TryParse(text) ?? throw new CliException($"--advertised \"{text}\" is not host:port.", ExitCode.Usage);

    private static Guid DirectoryOf(VoterSet voters, NodeId id, Guid? given)
    {
        if (voters.Find(id) is not { } own)
        {
            throw new CliException(
                $"Node {id} is not among the --initial-voters: a node that joins is formatted with --no-initial-voters.", ExitCode.Usage);
        }

        return given is null || given == own.Key.DirectoryId
            ? own.Key.DirectoryId
            : throw new CliException(
                $"--directory-id {given} is not what --initial-voters says of node {id}, {own.Key.DirectoryId}; leave one of them out.", ExitCode.Usage);
    }

    private static void Print(CliConsole console, OutputFormat format, FormatPlan plan, bool isNew)
    {
        if (format == OutputFormat.Json)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteString("folder", plan.Directory);
                json.WriteBoolean("formatted", isNew);
                json.WriteString("clusterId", plan.Identity.ClusterId);
                json.WriteNumber("nodeId", plan.Identity.NodeId.Value);
                json.WriteNumbers("initialVoters", plan.Voters.Voters.Select(voter => voter.Key.Id.Value));
                json.WriteEndObject();
            });
            return;
        }

        console.Text.WriteLine(isNew
            ? $"{plan.Directory} formatted for node {plan.Identity.NodeId} of cluster {plan.Identity.ClusterId}, directory {plan.Identity.DirectoryId}"
            : $"{plan.Directory} is formatted already for node {plan.Identity.NodeId} of cluster {plan.Identity.ClusterId}");
    }
}
