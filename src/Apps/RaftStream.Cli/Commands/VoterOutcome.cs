using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Raft;

namespace RaftStream.Cli.Commands;

/// <summary>Says that a controller votes now, or no more.</summary>
internal static class VoterOutcome
{
    public static void Print(CliConsole console, OutputFormat format, ReplicaKey key, string sentence, bool isVoter)
    {
        if (format == OutputFormat.Text)
        {
            console.Text.WriteLine(sentence);
            return;
        }

        JsonOutput.Write(console, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("node", key.Id.Value);
            json.WriteString("directoryId", key.DirectoryId);
            json.WriteBoolean("voter", isVoter);
            json.WriteEndObject();
        });
    }
}
