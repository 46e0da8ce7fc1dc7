using System.Text;

namespace RaftStream.Server.Settings;

/// <summary>The list of settings for <c>raftstream server --help</c>, made from the schema.</summary>
public static class SettingsHelp
{
    private const int Indent = 6;

    /// <summary>All settings with type, limits, default and meaning, wrapped to <paramref name="width"/> columns (at least 40).</summary>
    public static string Render(int width = 100)
    {
        width = Math.Max(width, 40);
        var text = new StringBuilder();
        text.Append(
            """
            Settings are read from, each winning over those before it:
              1. the defaults below
              2. appsettings.json in the working directory, or the file of --config FILE; section "RaftStream":
                   { "RaftStream": { "data.dir": "/var/lib/raftstream", "grpc": { "port": 9090 } } }
              3. the environment: RAFTSTREAM__GRPC__PORT=9090
              4. the command line: --grpc-port 9090 or --grpc.port=9090; --data DIR is --data.dir DIR

            """);
        string section = "";
        foreach (Setting setting in SettingsSchema.All)
        {
            if (setting.Section != section)
            {
                section = setting.Section;
                text.Append('\n').Append(section).Append(":\n");
            }

            text.Append("  --").Append(setting.Key.Replace('.', '-')).Append(" <").Append(setting.TypeName).Append(">\n");
            Wrap(text, $"{setting.Documentation} {Facts(setting)}", width);
        }

        return text.ToString();
    }

    private static string Facts(Setting setting)
    {
        string normal = setting.DefaultText.Length == 0 ? "no default" : $"default {setting.DefaultText}";
        return setting.Limits.Length == 0 ? $"[{normal}]" : $"[{normal}; {setting.Limits}]";
    }

    private static void Wrap(StringBuilder text, string sentence, int width)
    {
        text.Append(' ', Indent - 1);
        int column = Indent - 1;
        foreach (string word in sentence.Split(' '))
        {
            if (column + 1 + word.Length > width)
            {
                text.Append('\n').Append(' ', Indent - 1);
                column = Indent - 1;
            }

            text.Append(' ').Append(word);
            column += 1 + word.Length;
        }

        text.Append('\n');
    }
}
