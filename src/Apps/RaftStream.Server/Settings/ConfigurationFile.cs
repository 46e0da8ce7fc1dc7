using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace RaftStream.Server.Settings;

/// <summary>Settings from a JSON file, in its section <c>RaftStream</c>; the other sections are other people's.</summary>
internal static class ConfigurationFile
{
    /// <summary>Looked for in the working directory when <c>--config</c> names no other.</summary>
    public const string DefaultName = "appsettings.json";

    /// <summary>The section that is read.</summary>
    public const string Section = "RaftStream";

    /// <summary>Reads <paramref name="path"/>, or the default file when it is null and the file is there.</summary>
    public static void Read(string? path, List<GivenValue> values, List<string> mistakes)
    {
        if (path is null && !File.Exists(DefaultName))
        {
            return;
        }

        string file = path ?? DefaultName;
        try
        {
            // A stream and not a path: the provider over a path watches the folder (inotify), and a data folder below
            // it would then cost a notification per append.
            using FileStream stream = File.OpenRead(file);
            IConfigurationRoot root = new ConfigurationBuilder().AddJsonStream(stream).Build();
            IConfigurationSection section = root.GetSection(Section);
            if (!section.Exists() && path is not null)
            {
                mistakes.Add($"{file}: has no section \"{Section}\"; settings belong in it: {{ \"{Section}\": {{ \"node.id\": 1 }} }}");
            }

            Collect(section, file, values);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{file}: cannot be read: {exception.Message}");
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or JsonException)
        {
            mistakes.Add($"{file}: is not valid JSON: {(exception.InnerException ?? exception).Message}");
        }
    }

    // Depth first: { "grpc": { "port": 1 } } and { "grpc.port": 1 } are the same; an array is a list with commas.
    private static void Collect(IConfigurationSection section, string file, List<GivenValue> values)
    {
        List<IConfigurationSection> children = [.. section.GetChildren()];
        if (children.Count > 0 && children.TrueForAll(child => child.Value is not null && int.TryParse(child.Key, out _)))
        {
            Add(section, string.Join(',', children.Select(child => child.Value)), file, values);
        }
        else if (children.Count > 0)
        {
            children.ForEach(child => Collect(child, file, values));
        }
        else if (section.Value is { } text)
        {
            Add(section, text, file, values);
        }
    }

    private static void Add(IConfigurationSection section, string text, string file, List<GivenValue> values)
    {
        string path = section.Path[(Section.Length + 1)..];
        values.Add(new GivenValue(SettingKey.Normalize(path), text, $"{file} \"{path}\""));
    }
}
