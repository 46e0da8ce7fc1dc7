using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Producing;

/// <summary>What <c>produce</c> did.</summary>
internal sealed record ProduceSummary(
    string Topic, long Produced, long Failed, long Bytes, TimeSpan Elapsed, IReadOnlyList<FailedLines> Failures, bool IsInterrupted)
{
    private const int ShownFailures = 10;

    /// <summary>Prints the count, and what failed.</summary>
    /// <returns>The exit code.</returns>
    public int Print(CliConsole console, OutputFormat format)
    {
        if (format == OutputFormat.Json)
        {
            PrintJson(console);
        }
        else
        {
            console.Text.WriteLine(
                $"{Tables.Number(Produced)} {(Produced == 1 ? "record" : "records")} produced to {Topic} in "
                + string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:N2} s ({Tables.Number(PerSecond)}/s)"));
        }

        if (Failed > 0)
        {
            TellFailures(console.Error);
        }

        return Failed > 0 ? ExitCode.Failed : IsInterrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private long PerSecond => (long)(Produced / Math.Max(Elapsed.TotalSeconds, 1e-6));

    private void TellFailures(TextWriter error)
    {
        error.WriteLine($"error: {Tables.Number(Failed)} of {Tables.Number(Produced + Failed)} records were not produced:");
        foreach (FailedLines lines in Failures.Take(ShownFailures))
        {
            string which = lines.Count == 1
                ? string.Create(CultureInfo.InvariantCulture, $"line {lines.FirstLine}")
                : string.Create(CultureInfo.InvariantCulture, $"lines {lines.FirstLine}-{lines.FirstLine + lines.Count - 1}");
            error.WriteLine($"  {which}: {lines.Reason}");
        }

        if (Failures.Count > ShownFailures)
        {
            error.WriteLine($"  and more: {Failures.Count - ShownFailures} runs of lines; see them all with --output json");
        }
    }

    private void PrintJson(CliConsole console) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("produced", Produced);
        json.WriteNumber("failed", Failed);
        json.WriteNumber("bytes", Bytes);
        json.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 6));
        json.WriteNumber("recordsPerSecond", PerSecond);
        json.WriteArray("failures", Failures, static (writer, lines) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("firstLine", lines.FirstLine);
            writer.WriteNumber("count", lines.Count);
            writer.WriteString("reason", lines.Reason);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    });
}
