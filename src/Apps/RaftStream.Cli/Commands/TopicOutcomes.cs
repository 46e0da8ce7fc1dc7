using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary>Prints what became of each topic in a request for several.</summary>
internal static class TopicOutcomes
{
    /// <summary>Good news to standard output, failures to standard error (with JSON: both in the document too).</summary>
    /// <param name="pardoned">A failure that the user said is none.</param>
    /// <param name="isShaped">Tell the number of partitions and replicas.</param>
    /// <returns>The exit code.</returns>
    public static int Print(
        CliConsole console,
        OutputFormat format,
        IReadOnlyList<TopicOutcome> outcomes,
        ErrorCode? pardoned,
        string verb,
        string verbWhenPardoned,
        bool isShaped = false)
    {
        bool isPardoned(TopicOutcome outcome) => outcome.Error is { } error && error.Code == pardoned;
        if (format == OutputFormat.Json)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteArray("topics", outcomes, (writer, outcome) =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("topic", outcome.Name);
                    writer.WriteString("result", outcome.Error is null ? verb : isPardoned(outcome) ? verbWhenPardoned : "failed");
                    writer.WriteString("error", isPardoned(outcome) ? null : outcome.Error?.Code.KafkaName());
                    writer.WriteString("message", isPardoned(outcome) ? null : outcome.Error?.Message);
                    if (outcome.Partitions > 0)
                    {
                        writer.WriteString("topicId", outcome.Id);
                        writer.WriteNumber("partitions", outcome.Partitions);
                        writer.WriteNumber("replicationFactor", outcome.ReplicationFactor);
                    }

                    writer.WriteEndObject();
                });
                json.WriteEndObject();
            });
        }

        int exitCode = ExitCode.Ok;
        foreach (TopicOutcome outcome in outcomes)
        {
            if (outcome.Error is { } error && !isPardoned(outcome))
            {
                exitCode = ExitCode.Failed;
                console.Error.WriteLine($"error: topic \"{outcome.Name}\" not {verb}: {Failures.Explain(error)}");
            }
            else if (format == OutputFormat.Text)
            {
                console.Text.WriteLine($"topic \"{outcome.Name}\" {(outcome.Error is null ? verb + (isShaped ? Shape(outcome) : "") : verbWhenPardoned)}");
            }
        }

        return exitCode;
    }

    private static string Shape(TopicOutcome outcome) =>
        $": {Count(outcome.Partitions, "partition")}, {Count(outcome.ReplicationFactor, "replica")} each";

    private static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
