using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>storage random-uuid</c>.</summary>
internal static class StorageRandomUuidCommand
{
    public static Command Create(CliConsole console)
    {
        var count = new Option<int?>("--count", "-n") { Description = "How many; default 1", HelpName = "n" }.AtLeastOne();
        var command = new CliCommand(
            "random-uuid",
            "Makes up ids of clusters and directories.",
            "raftstream storage random-uuid",
            "raftstream storage random-uuid --count 4")
        {
            count,
        };
        var output = new OutputOption(command);
        return command.Does((parsed, _) =>
        {
            List<Guid> ids = [.. Enumerable.Range(0, parsed.GetValue(count) ?? 1).Select(static _ => Guid.NewGuid())];
            if (output.Of(parsed) == OutputFormat.Json)
            {
                JsonOutput.Write(console, json =>
                {
                    json.WriteStartObject();
                    json.WriteArray("uuids", ids, static (writer, id) => writer.WriteStringValue(id));
                    json.WriteEndObject();
                });
            }
            else
            {
                ids.ForEach(id => console.Text.WriteLine(id));
            }

            return Task.FromResult(ExitCode.Ok);
        });
    }
}
