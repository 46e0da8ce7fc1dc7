using System.CommandLine.Parsing;

namespace RaftStream.Cli.CommandLine;

/// <summary>Options of the form <c>key=value</c> that may be given several times.</summary>
internal static class KeyValues
{
    /// <summary>The pairs in the order given; reports what is wrong as a usage error.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(ArgumentResult argument)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (Token token in argument.Tokens)
        {
            int equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                argument.AddError($"\"{token.Value}\" is not key=value.");
                return [];
            }

            pairs.Add(new KeyValuePair<string, string>(token.Value[..equals], token.Value[(equals + 1)..]));
        }

        return pairs;
    }

    /// <summary>As <see cref="Parse"/>; a key that is given twice is an error.</summary>
    public static IReadOnlyDictionary<string, string> ParseUnique(ArgumentResult argument)
    {
        var unique = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in Parse(argument))
        {
            if (!unique.TryAdd(key, value))
            {
                argument.AddError($"\"{key}\" is given twice.");
            }
        }

        return unique;
    }
}
