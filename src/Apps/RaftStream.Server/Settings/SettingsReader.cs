using RaftStream.Metadata.Configs;

namespace RaftStream.Server.Settings;

/// <summary>
/// Reads the sources in the order in which they win over each other: defaults, configuration file, environment, command
/// line. Every mistake is found in one go, with its place; none hides another.
/// </summary>
public static class SettingsReader
{
    /// <summary>Reads all sources.</summary>
    /// <exception cref="SettingsException">Something is wrong; the exception lists all of it.</exception>
    public static ServerSettings Read(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        CommandLine commandLine = CommandLine.Read(arguments);
        var given = new List<GivenValue>();
        var mistakes = new List<string>();
        ConfigurationFile.Read(commandLine.ConfigFile, given, mistakes);
        EnvironmentVariables.Read(given);
        given.AddRange(commandLine.Values);
        mistakes.AddRange(commandLine.Mistakes);

        SettingValues values = Interpret(given, mistakes);
        ServerSettings settings = ServerSettings.From(values);
        mistakes.AddRange(SettingsRules.Check(settings, values));
        return mistakes.Count == 0 ? settings : throw new SettingsException(mistakes);
    }

    private static SettingValues Interpret(List<GivenValue> given, List<string> mistakes)
    {
        var values = new SettingValues();
        foreach (GivenValue one in given)
        {
            if (SettingsSchema.All.FirstOrDefault(setting => setting.Key == one.Key) is not { } setting)
            {
                mistakes.Add(Unknown(one));
            }
            else if (setting.TryParse(one.Text.Trim(), out object? value, out string? mistake))
            {
                values.Set(setting, value, one.Origin);
            }
            else
            {
                mistakes.Add($"{one.Origin}: {setting.Key} is \"{one.Text}\" but {mistake}");
            }
        }

        return values;
    }

    private static string Unknown(GivenValue one)
    {
        string? near = Spelling.Nearest(one.Key, SettingsSchema.All.Select(setting => setting.Key));
        string hint = near is null ? "see raftstream server --help" : $"did you mean {near}?";
        return $"{one.Origin}: there is no setting {one.Key}; {hint}";
    }
}

/// <summary>Settings are wrong; the server does not start with half of what was asked for.</summary>
public sealed class SettingsException(IReadOnlyList<string> mistakes)
    : Exception($"{(mistakes.Count == 1 ? "1 mistake" : $"{mistakes.Count} mistakes")} in the settings:\n  {string.Join("\n  ", mistakes)}")
{
    /// <summary>One sentence each, with the place where it stands.</summary>
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
