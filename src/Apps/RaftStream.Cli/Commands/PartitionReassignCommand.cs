using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Moving;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>partition reassign</c>.</summary>
internal sealed class PartitionReassignCommand
{
    private const string GoesOn = """
        Not waited for any more; what was begun goes on by itself.
        Watch it with:  raftstream partition list-reassignments
        Cancel it with: raftstream partition reassign --cancel
        """;

    private readonly CliConsole _console;
    private readonly Argument<string[]> _topics = new("topic") { Description = "Topics to look at; none is all", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<int?> _partition = new("--partition", "-p") { Description = "One partition of the topic, with --replicas or --cancel", HelpName = "number" };
    private readonly Option<int[]?> _replicas = NodeIds.Option("--replicas", "The brokers that are to hold the partition, the preferred leader first");
    private readonly Option<int[]?> _add = NodeIds.Option("--add-broker", "Brokers that are to get their share");
    private readonly Option<int[]?> _remove = NodeIds.Option("--remove-broker", "Brokers that are to hold nothing any more");
    private readonly Option<int[]?> _brokers = NodeIds.Option("--brokers", "The brokers that are to hold everything, evenly");
    private readonly Option<bool> _cancel = new("--cancel") { Description = "Stop what is under way: brokers that were being added go, the others stay, perhaps in another order (the first is preferred to lead)" };
    private readonly Option<bool> _changeFactor = new("--change-replication-factor") { Description = "Let --replicas name more or fewer brokers than there are replicas" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait until all is moved" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show what would be moved, and move nothing" };
    private readonly OutputOption _output;

    private PartitionReassignCommand(CliConsole console)
    {
        _console = console;
        Command = new CliCommand(
            "reassign",
            "Moves partitions to other brokers, while they are in use.",
            "raftstream partition reassign --add-broker 4",
            "raftstream partition reassign orders --partition 0 --replicas 4,5,6",
            "raftstream partition reassign --remove-broker 2 --dry-run",
            "raftstream partition reassign --brokers 1,2,3 --no-wait",
            "raftstream partition reassign --cancel")
        {
            _topics, _partition, _replicas, _add, _remove, _brokers, _cancel, _changeFactor, _noWait, _dryRun,
        };
        Command.Checked(Check);
        var client = new ClientOptions(Command, console);
        _output = new OutputOption(Command);
        client.Does(RunAsync);
    }

    private CliCommand Command { get; }

    public static Command Create(CliConsole console) => new PartitionReassignCommand(console).Command;

    private void Check(CommandResult result)
    {
        bool isExplicit = result.GetResult(_replicas) is not null;
        bool isCancel = result.GetValue(_cancel);
        bool isChange = result.GetResult(_add) is not null || result.GetResult(_remove) is not null;
        bool isAll = result.GetResult(_brokers) is not null;
        int topics = result.GetValue(_topics)?.Length ?? 0;
        if (new[] { isExplicit, isCancel, isChange, isAll }.Count(given => given) != 1)
        {
            result.AddError("Say what to do with one of --replicas, --add-broker and --remove-broker, --brokers, --cancel.");
        }
        else if ((isExplicit || result.GetResult(_partition) is not null) && (topics != 1 || result.GetResult(_partition) is null))
        {
            result.AddError("Name one topic, and its partition with --partition.");
        }
        else if (result.GetResult(_partition) is not null && !isExplicit && !isCancel)
        {
            result.AddError("--partition goes with --replicas or --cancel.");
        }
    }

    private Task<int> RunAsync(RaftStreamClient connected, ParseResult parsed, CancellationToken cancellationToken) => parsed.GetValue(_cancel)
        ? CancelAsync(parsed, connected.Admin, cancellationToken)
        : MoveAsync(parsed, connected.Admin, cancellationToken);

    private async Task<int> MoveAsync(ParseResult parsed, Admin admin, CancellationToken cancellationToken)
    {
        IReadOnlyList<PlannedMove> moves = await MovesAsync(parsed, admin, cancellationToken).ConfigureAwait(false);
        bool isText = _output.Of(parsed) == OutputFormat.Text;
        if (isText && moves.Count > 0)
        {
            ReassignmentRun.PrintPlan(_console, moves);
            await _console.Text.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (parsed.GetValue(_dryRun) || moves.Count == 0)
        {
            Print(parsed, moves, [], moves.Count == 0 ? "nothing had to move: everything is where it is to be" : "planned: nothing is moved yet");
            return ExitCode.Ok;
        }

        var run = new ReassignmentRun(_console, admin);
        IReadOnlyList<PartitionOutcome> refused;
        List<NamedPartition> begun;
        try
        {
            refused = await run.BeginAsync(moves, parsed.GetValue(_changeFactor), cancellationToken).ConfigureAwait(false);
            begun = [.. moves.Select(move => move.Partition).Except(refused.Select(outcome => outcome.Partition))];
            if (!parsed.GetValue(_noWait))
            {
                await run.WaitAsync(begun, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await _console.Error.WriteLineAsync(GoesOn).ConfigureAwait(false);
            throw;
        }

        Print(parsed, moves, refused, parsed.GetValue(_noWait)
            ? $"{Count(begun.Count)} being moved; see: raftstream partition list-reassignments"
            : $"{Count(begun.Count)} moved");
        return PartitionOutcomes.PrintFailures(_console, refused);
    }

    private async Task<IReadOnlyList<PlannedMove>> MovesAsync(ParseResult parsed, Admin admin, CancellationToken cancellationToken)
    {
        string[] topics = parsed.GetValue(_topics) ?? [];
        if (parsed.GetValue(_replicas) is not { Length: > 0 } replicas)
        {
            return await admin.PlanReassignmentsAsync(
                new ReassignmentWish
                {
                    AddBrokers = parsed.GetValue(_add) ?? [],
                    RemoveBrokers = parsed.GetValue(_remove) ?? [],
                    Brokers = parsed.GetValue(_brokers) ?? [],
                    Topics = topics,
                },
                cancellationToken).ConfigureAwait(false);
        }

        var partition = new NamedPartition(topics[0], parsed.GetValue(_partition)!.Value);
        TopicDescription topic = await admin.DescribeTopicAsync(topics[0], cancellationToken).ConfigureAwait(false);
        PartitionDescription now = topic.Partitions.FirstOrDefault(one => one.Partition == partition.Partition)
            ?? throw new CliException($"Topic \"{topics[0]}\" has {topic.Partitions.Count} partitions; there is no partition {partition.Partition}.");
        bool isThere = now.Adding.Count == 0 && now.Removing.Count == 0 && now.Replicas.SequenceEqual(replicas);
        return isThere ? [] : [new PlannedMove(partition, now.Replicas, replicas)];
    }

    private async Task<int> CancelAsync(ParseResult parsed, Admin admin, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReassignmentDescription> moving = await admin.ListReassignmentsAsync(
            parsed.GetValue(_topics) ?? [], cancellationToken).ConfigureAwait(false);
        int? only = parsed.GetValue(_partition);
        List<PlannedMove> moves = [.. moving
            .Where(move => only is null || move.Partition.Partition == only)
            .Select(move => new PlannedMove(move.Partition, move.Replicas, [.. move.Replicas.Except(move.Adding)]))];
        IReadOnlyList<PartitionOutcome> outcomes = moves.Count == 0 || parsed.GetValue(_dryRun)
            ? []
            : await admin.CancelReassignmentsAsync(moves.Select(move => move.Partition), cancellationToken).ConfigureAwait(false);
        List<PartitionOutcome> refused = [.. outcomes.Where(outcome => outcome.Error is not null)];
        Print(parsed, moves, refused, moves.Count == 0
            ? "no partition is being moved"
            : parsed.GetValue(_dryRun) ? $"{Count(moves.Count)} would be cancelled" : $"{Count(moves.Count - refused.Count)} cancelled");
        return PartitionOutcomes.PrintFailures(_console, refused);
    }

    private void Print(ParseResult parsed, IReadOnlyList<PlannedMove> moves, IReadOnlyList<PartitionOutcome> refused, string sentence)
    {
        if (_output.Of(parsed) == OutputFormat.Text)
        {
            _console.Text.WriteLine(sentence);
            return;
        }

        JsonOutput.Write(_console, json =>
        {
            json.WriteStartObject();
            json.WriteArray("partitions", moves, (writer, move) =>
            {
                writer.WriteStartObject();
                writer.WriteString("topic", move.Partition.Topic);
                writer.WriteNumber("partition", move.Partition.Partition);
                writer.WriteNumbers("from", move.Current);
                writer.WriteNumbers("to", move.Target);
                writer.WriteString("error", refused.FirstOrDefault(outcome => outcome.Partition == move.Partition)?.Error?.Message);
                writer.WriteEndObject();
            });
            json.WriteString("result", sentence);
            json.WriteEndObject();
        });
    }

    private static string Count(int partitions) =>
        string.Create(CultureInfo.InvariantCulture, $"{partitions} partition{(partitions == 1 ? "" : "s")}");
}
