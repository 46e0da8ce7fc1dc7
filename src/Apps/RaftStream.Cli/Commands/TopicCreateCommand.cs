using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic create</c>.</summary>
internal static class TopicCreateCommand
{
    public static Command Create(CliConsole console)
    {
        var names = new Argument<string[]>("name")
        {
            Description = "1 to 249 of a-z A-Z 0-9 . _ -",
            Arity = ArgumentArity.OneOrMore,
        };
        var partitions = new Option<int?>("--partitions", "-p")
        {
            Description = "Number of partitions; default the cluster's",
            HelpName = "n",
        }.AtLeastOne();
        var replicas = new Option<int?>("--replication-factor", "-r")
        {
            Description = "Copies of each partition; default the cluster's",
            HelpName = "n",
        }.AtLeastOne();
        var configs = new Option<IReadOnlyDictionary<string, string>>("--config", "-c")
        {
            Description = "A topic config, several times; Kafka's names, e.g. retention.ms, and flush = commit|os",
            HelpName = "key=value",
            CustomParser = KeyValues.ParseUnique,
            DefaultValueFactory = static _ => new Dictionary<string, string>(),
            Arity = ArgumentArity.OneOrMore,
        };
        var ifMissing = new Option<bool>("--if-not-exists") { Description = "Content with a topic that exists already" };
        var command = new CliCommand(
            "create",
            "Creates topics.",
            "raftstream topic create orders --partitions 6",
            "raftstream topic create audit --config flush=commit --config retention.ms=-1")
        {
            names, partitions, replicas, configs, ifMissing,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            IEnumerable<TopicSpec> specs = parsed.GetRequiredValue(names).Select(name => new TopicSpec
            {
                Name = name,
                Partitions = parsed.GetValue(partitions),
                ReplicationFactor = parsed.GetValue(replicas),
                Configs = parsed.GetRequiredValue(configs),
            });
            IReadOnlyList<TopicOutcome> outcomes = await connected.Admin.CreateTopicsAsync(
                specs, validateOnly: false, cancellationToken).ConfigureAwait(false);
            ErrorCode? pardoned = parsed.GetValue(ifMissing) ? ErrorCode.TopicAlreadyExists : null;
            return TopicOutcomes.Print(console, output.Of(parsed), outcomes, pardoned, verb: "created", verbWhenPardoned: "exists already", isShaped: true);
        });
    }
}
