using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary>Prints what became of each partition in a request for several.</summary>
internal static class PartitionOutcomes
{
    /// <summary>Good news to standard output, failures to standard error (with JSON: both in the document too).</summary>
    /// <param name="pardoned">A failure that is none.</param>
    /// <returns>The exit code.</returns>
    public static int Print(
        CliConsole console, OutputFormat format, IReadOnlyList<PartitionOutcome> outcomes, ErrorCode pardoned, string verb, string verbWhenPardoned)
    {
        if (format == OutputFormat.Json)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteArray("partitions", outcomes, (writer, outcome) =>
                {
                    bool isFailure = outcome.Error is { } error && error.Code != pardoned;
                    writer.WriteStartObject();
                    writer.WriteString("topic", outcome.Partition.Topic);
                    writer.WriteNumber("partition", outcome.Partition.Partition);
                    writer.WriteString("result", outcome.Error is null ? verb : isFailure ? "failed" : verbWhenPardoned);
                    writer.WriteString("error", isFailure ? outcome.Error!.Code.KafkaName() : null);
                    writer.WriteString("message", isFailure ? outcome.Error!.Message : null);
                    writer.WriteEndObject();
                });
                json.WriteEndObject();
            });
        }
        else if (outcomes.Count == 0)
        {
            console.Text.WriteLine("Nothing to do: every partition is as it should be.");
        }

        foreach (PartitionOutcome outcome in outcomes.Where(outcome => format == OutputFormat.Text && (outcome.Error is null || outcome.Error.Code == pardoned)))
        {
            console.Text.WriteLine($"{outcome.Partition}: {(outcome.Error is null ? verb : verbWhenPardoned)}");
        }

        return PrintFailures(console, [.. outcomes.Where(outcome => outcome.Error is { } error && error.Code != pardoned)]);
    }

    /// <summary>Failures to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static int PrintFailures(CliConsole console, IReadOnlyList<PartitionOutcome> failures)
    {
        foreach (PartitionOutcome failure in failures)
        {
            console.Error.WriteLine($"error: {failure.Partition}: {Failures.Explain(failure.Error!)}");
        }

        return failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
