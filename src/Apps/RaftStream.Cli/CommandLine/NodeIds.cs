using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RaftStream.Cli.CommandLine;

/// <summary>Options that take node ids with commas between.</summary>
internal static class NodeIds
{
    /// <summary>The option; null when it is not given.</summary>
    public static Option<int[]?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "id,id",
        CustomParser = Parse,
        Arity = ArgumentArity.OneOrMore,
    };

    private static int[]? Parse(ArgumentResult result)
    {
        var ids = new List<int>();
        foreach (string word in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                result.AddError($"\"{word}\" is no node id: give numbers with commas between, e.g. 1,2,3.");
                return null;
            }

            if (ids.Contains(id))
            {
                result.AddError($"Node {id} is named twice.");
                return null;
            }

            ids.Add(id);
        }

        return [.. ids];
    }
}
