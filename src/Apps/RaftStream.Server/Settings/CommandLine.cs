namespace RaftStream.Server.Settings;

/// <summary>Settings from the command line: <c>--Key=Value</c>, <c>--key value</c>, and <c>--config FILE</c>.</summary>
internal sealed class CommandLine
{
    private CommandLine(string? configFile, List<GivenValue> values, List<string> mistakes)
    {
        ConfigFile = configFile;
        Values = values;
        Mistakes = mistakes;
    }

    /// <summary>What <c>--config</c> named; null when it was not there.</summary>
    public string? ConfigFile { get; }

    /// <summary>The settings, in their order.</summary>
    public IReadOnlyList<GivenValue> Values { get; }

    /// <summary>What could not be read at all.</summary>
    public IReadOnlyList<string> Mistakes { get; }

    public static CommandLine Read(IReadOnlyList<string> arguments)
    {
        string? configFile = null;
        var values = new List<GivenValue>();
        var mistakes = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                mistakes.Add($"command line: \"{argument}\" is not a setting; write --key value or --key=value");
                continue;
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            string key = FullKey(name);
            string? text = equals < 0 ? null : argument[(equals + 1)..];
            if (text is null && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                text = arguments[++i];
            }

            if (text is null && SettingsSchema.All.Any(setting => setting.Key == key && setting.IsSwitch))
            {
                text = "true";
            }

            if (text is null)
            {
                mistakes.Add($"command line: --{name} has no value");
            }
            else if (key == "config")
            {
                configFile = text;
            }
            else
            {
                values.Add(new GivenValue(key, text, $"command line --{name}"));
            }
        }

        return new CommandLine(configFile, values, mistakes);
    }

    private static string FullKey(string name)
    {
        string key = SettingKey.Normalize(name);
        return SettingsSchema.All.FirstOrDefault(setting => setting.Aliases.Contains(key))?.Key ?? key;
    }
}
