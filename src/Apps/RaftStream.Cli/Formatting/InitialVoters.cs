using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Model;
using RaftStream.Raft;

namespace RaftStream.Cli.Formatting;

/// <summary>Reads <c>id@host:port:directory-id</c>, several with commas between: the voters of a new cluster (C-12.1).</summary>
internal static class InitialVoters
{
    /// <summary>The shape, for help and messages.</summary>
    public const string Shape = "id@host:port:directory-id";

    /// <summary>The voters, in order of their ids.</summary>
    /// <exception cref="CliException">Something is wrong; the message has a line per mistake.</exception>
    public static VoterSet Parse(string text)
    {
        var mistakes = new List<string>();
        var voters = new List<Voter>();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (TryParseOne(part) is not { } voter)
            {
                mistakes.Add($"\"{part}\" is not {Shape}; directory ids are made by: raftstream storage random-uuid");
                continue;
            }

            if (voters.Find(other => other.Key.Id == voter.Key.Id) is not null)
            {
                mistakes.Add($"node {voter.Key.Id} is given twice");
            }
            else if (voters.Find(other => other.Key.DirectoryId == voter.Key.DirectoryId) is { } sameFolder)
            {
                mistakes.Add($"nodes {sameFolder.Key.Id} and {voter.Key.Id} have the same directory id; each folder has its own");
            }
            else if (voters.Find(other => other.Endpoint == voter.Endpoint) is { } samePlace)
            {
                mistakes.Add($"nodes {samePlace.Key.Id} and {voter.Key.Id} are both at {voter.Endpoint}");
            }
            else
            {
                voters.Add(voter);
            }
        }

        if (voters.Count == 0 && mistakes.Count == 0)
        {
            mistakes.Add("there are none");
        }

        return mistakes.Count == 0
            ? new VoterSet(voters)
            : throw new CliException($"--initial-voters: {string.Join("\n  ", mistakes)}", ExitCode.Usage);
    }

    /// <summary>One voter.</summary>
    /// <exception cref="CliException">It is not of that shape.</exception>
    public static Voter ParseOne(string text) =>
        TryParseOne(text) ?? throw new CliException($"\"{text}\" is not {Shape}; the ids are told by: raftstream storage info", ExitCode.Usage);

    private static Voter? TryParseOne(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        int colon = text.LastIndexOf(':');
        return at > 0
            && colon > at
            && int.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && HostPort.TryParse(text[(at + 1)..colon]) is { } endpoint
            && Guid.TryParse(text.AsSpan(colon + 1), out Guid directory)
            && directory != Guid.Empty
            ? new Voter(new ReplicaKey(new NodeId(id), directory), endpoint)
            : null;
    }
}
