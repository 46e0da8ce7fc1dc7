using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary><c>partition elect</c>.</summary>
internal static class PartitionElectCommand
{
    public static Command Create(CliConsole console)
    {
        var topics = new Argument<string[]>("topic") { Description = "Topics to look at; none is all, but not with --unclean", Arity = ArgumentArity.ZeroOrMore };
        var partition = new Option<int?>("--partition", "-p") { Description = "Only this one of the topic", HelpName = "number" };
        var acceptsLoss = new Option<bool>("--unclean")
        {
            Description = "Where the named topics have no leader: elect a replica that is up even if it lacks records; these are lost for good",
        };
        var command = new CliCommand(
            "elect",
            "Makes the first replica of partitions lead again, as after a restart.",
            "raftstream partition elect",
            "raftstream partition elect orders payments --unclean",
            "raftstream partition elect orders --partition 3 --unclean")
        {
            topics, partition, acceptsLoss,
        };
        command.Checked(result =>
        {
            int named = result.GetValue(topics)?.Length ?? 0;
            if (result.GetValue(partition) is not null && named != 1)
            {
                result.AddError("--partition belongs to one topic: name it.");
            }
            else if (result.GetValue(acceptsLoss) && named == 0)
            {
                result.AddError("--unclean loses records: name the topics that it is for, as in: raftstream partition elect <topic>... --unclean");
            }
        });
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            List<NamedPartition> partitions = await PartitionsAsync(
                connected.Admin, parsed.GetValue(topics) ?? [], parsed.GetValue(partition), cancellationToken).ConfigureAwait(false);
            IReadOnlyList<PartitionOutcome> outcomes = await connected.Admin.ElectLeadersAsync(
                partitions, parsed.GetValue(acceptsLoss), cancellationToken).ConfigureAwait(false);
            return PartitionOutcomes.Print(console, output.Of(parsed), outcomes, ErrorCode.ElectionNotNeeded, "elected", "needs no election");
        });
    }

    private static async Task<List<NamedPartition>> PartitionsAsync(
        Admin admin, string[] topics, int? partition, CancellationToken cancellationToken)
    {
        if (partition is { } number)
        {
            return [new NamedPartition(topics[0], number)];
        }

        var partitions = new List<NamedPartition>();
        foreach (string topic in topics)
        {
            TopicDescription found = await admin.DescribeTopicAsync(topic, cancellationToken).ConfigureAwait(false);
            partitions.AddRange(found.Partitions.Select(one => new NamedPartition(topic, one.Partition)));
        }

        return partitions;
    }
}
