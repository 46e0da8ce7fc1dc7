using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Dump;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>log dump</c>.</summary>
internal static class LogDumpCommand
{
    private const string SegmentExtension = ".log";
    private const string SegmentPattern = "*" + SegmentExtension;

    public static Command Create(CliConsole console)
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Segment files (<base offset>.log), or folders of them",
            Arity = ArgumentArity.OneOrMore,
        };
        var records = new Option<bool>("--records") { Description = "The records of each batch too" };
        var summary = new Option<bool>("--summary")
        {
            Description = "Only what each file holds and what is wrong with it",
        };
        var command = new CliCommand(
            "dump",
            "Shows the batches of segment files, and checks them.",
            "raftstream log dump /tmp/rs/orders-0/00000000000000000000.log --records",
            "raftstream log dump /tmp/rs/orders-0 --summary --output json")
        {
            paths, records, summary,
        };
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            Every checksum, every record, and the order of offsets and epochs are checked. Exit code 1 when something is
            corrupt. A cut-off end, as a crash leaves it, is reported and is no corruption: a broker cuts it when it starts.
            """);
        return command.Does((parsed, cancellationToken) =>
        {
            List<string> files = [.. parsed.GetRequiredValue(paths).SelectMany(FilesAt)];
            var detail = parsed.GetValue(summary) ? DumpDetail.Summary : parsed.GetValue(records) ? DumpDetail.Records : DumpDetail.Batches;
            bool isSound = output.Of(parsed) == OutputFormat.Json
                ? JsonDump.Print(console, files, detail, cancellationToken)
                : TextDump.Print(console, files, detail, cancellationToken);
            return Task.FromResult(isSound ? ExitCode.Ok : ExitCode.Failed);
        });
    }

    private static IEnumerable<string> FilesAt(string path)
    {
        if (File.Exists(path))
        {
            // Any bytes can pass for a segment with a cut-off end: an index or some other file must not be called sound.
            return Path.GetExtension(path) == SegmentExtension
                ? [path]
                : throw new CliException($"{path} is no segment file: their names are <base offset>{SegmentExtension}.");
        }

        if (!Directory.Exists(path))
        {
            throw new CliException($"There is no file or folder {path}.");
        }

        List<string> files = [.. Directory.EnumerateFiles(path, SegmentPattern).Order(StringComparer.Ordinal)];
        return files.Count > 0 ? files : throw new CliException(
            $"There are no segment files ({SegmentPattern}) in {path}.\n"
            + "Partitions lie in folders named <topic>-<partition> below a broker's data folder.");
    }
}
