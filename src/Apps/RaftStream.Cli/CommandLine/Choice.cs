using System.CommandLine;

namespace RaftStream.Cli.CommandLine;

/// <summary>Options that take one of a few words.</summary>
internal static class Choice
{
    /// <summary>An option of these words.</summary>
    /// <param name="byDefault">Null: none is chosen when the option is not given.</param>
    public static Option<string?> Create(
        string name, string? alias, string description, string? byDefault, params string[] words)
    {
        var option = new Option<string?>(name, alias is null ? [] : [alias])
        {
            Description = description,
            HelpName = string.Join('|', words),
        };
        if (byDefault is not null)
        {
            option.DefaultValueFactory = _ => byDefault;
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var given }] && !words.Contains(given, StringComparer.Ordinal))
            {
                result.AddError($"{name} \"{given}\" makes no sense: use {string.Join(", ", words[..^1])} or {words[^1]}.");
            }
        });
        return option;
    }
}
