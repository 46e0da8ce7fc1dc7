using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Demo;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>demo</c>.</summary>
internal static class DemoCommand
{
    private const int FewestLines = 30_000;

    public static Command Create(CliConsole console)
    {
        var lines = new Option<int>("--lines")
        {
            Description = "Lines to produce",
            HelpName = "n",
            CustomParser = Sizes.ParseInt,
            DefaultValueFactory = static _ => 200_000,
        }.Checked(static count => count >= FewestLines, $"--lines must be {FewestLines} or more, or there is no middle to kill the broker in.");
        var partitions = new Option<int>("--partitions", "-p")
        {
            Description = "Partitions of the topic",
            HelpName = "n",
            DefaultValueFactory = static _ => 3,
        }.Checked(static count => count >= 1, "--partitions must be 1 or more.");
        var file = new Option<string?>("--file", "-f")
        {
            Description = "Produce the lines of this file; default this machine's package and system logs",
            HelpName = "path",
        };
        var keep = new Option<bool>("--keep") { Description = "Leave the broker's data where it is" };
        var command = new CliCommand(
            "demo",
            "Shows that kill -9 loses nothing that was acknowledged.",
            "raftstream demo",
            "raftstream demo --file /var/log/dpkg.log --lines 200k --output json")
        {
            lines, partitions, file, keep,
        };
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            A broker on a temporary folder, log lines in over gRPC, kill -9 in the middle, a new start on the same folder,
            everything back, compared byte by byte and in order with what was acknowledged. Exit code 0 when it all holds.
            """);
        return command.Does(async (parsed, cancellationToken) =>
        {
            bool isJson = output.Of(parsed) == OutputFormat.Json;
            var narrator = new Narrator(console, toError: isJson, DemoRun.Steps);
            var run = new DemoRun(
                new DemoOptions(parsed.GetValue(file), parsed.GetValue(lines), parsed.GetValue(partitions), parsed.GetValue(keep)), narrator);
            DemoVerdict verdict = await run.RunAsync(cancellationToken).ConfigureAwait(false);
            Tell(narrator, verdict);
            if (isJson)
            {
                JsonOutput.Write(console, json =>
                {
                    json.WriteStartObject();
                    verdict.WriteJson(json);
                    json.WriteNumber("acknowledgedAtKill", run.AcknowledgedAtKill);
                    json.WriteString("source", run.Origin);
                    json.WriteArray(
                        "readyAfterMs",
                        run.Starts,
                        static (writer, start) => writer.WriteNumberValue(Math.Round(start.TotalMilliseconds, 1)));
                    json.WriteEndObject();
                });
            }

            return verdict.Holds ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static void Tell(Narrator narrator, DemoVerdict verdict)
    {
        narrator.Count("acknowledged", verdict.Acknowledged, verdict.Acknowledged == verdict.Sent, "of all that was sent");
        narrator.Count("came back", verdict.Returned, isGood: null);
        narrator.Count("missing", verdict.Missing, verdict.Missing == 0, "acknowledged, and not there");
        narrator.Count("changed", verdict.Changed, verdict.Changed == 0, "there, with other bytes");
        narrator.Count("out of order", verdict.OutOfOrder, verdict.OutOfOrder == 0, "within their partition");
        narrator.Count("duplicates", verdict.Duplicates, isGood: null, "stored, the answer lost, and sent again: identical copies");
        if (verdict.Strangers + verdict.Gaps > 0)
        {
            narrator.Count("strangers", verdict.Strangers, isGood: false, "came back, and were never acknowledged");
            narrator.Count("gaps", verdict.Gaps, isGood: false, "offsets without a record");
        }

        narrator.Verdict(
            verdict.Holds ? "It holds: nothing that was acknowledged was lost or changed." : "It does NOT hold: see the counts above.",
            verdict.Holds);
    }
}
