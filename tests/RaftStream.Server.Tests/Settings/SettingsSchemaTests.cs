using System.Text.RegularExpressions;
using RaftStream.Metadata.Configs;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Tests.Settings;

/// <summary>The schema keeps its own promises.</summary>
public sealed partial class SettingsSchemaTests
{
    [Fact]
    public void Every_default_is_a_valid_value()
    {
        foreach (Setting setting in SettingsSchema.All)
        {
            Assert.True(setting.TryParse(setting.DefaultText, out _, out string? mistake), $"{setting.Key}: {mistake}");
        }
    }

    [Fact]
    public void Every_name_is_in_normal_form_and_there_once()
    {
        Assert.All(SettingsSchema.All, setting => Assert.Equal(setting.Key, SettingKey.Normalize(setting.Key)));
        Assert.Equal(SettingsSchema.All.Count, SettingsSchema.All.Select(setting => setting.Key).Distinct().Count());
    }

    [Fact]
    public void Every_declared_setting_is_listed()
    {
        IEnumerable<object?> declared = typeof(SettingsSchema).GetFields().Concat(typeof(QuorumSchema).GetFields()).Concat(typeof(KafkaSchema).GetFields())
            .Select(field => field.GetValue(null)).Where(value => value is Setting);

        Assert.Empty(declared.Except(SettingsSchema.All));
        Assert.Empty(SettingsSchema.All.Except(declared).Except(TopicDefaults.All));
    }

    [Fact]
    public void Numbers_say_their_unit_or_what_they_count()
    {
        Assert.All(
            SettingsSchema.All.Where(setting => setting.TypeName is "int" or "long"),
            setting => Assert.Matches(Counted(), setting.Key));
    }

    [Fact]
    public void Help_names_every_setting_with_default_and_fits_its_width()
    {
        string help = SettingsHelp.Render(width: 100);

        Assert.All(SettingsSchema.All, setting => Assert.Contains($"  --{setting.Key.Replace('.', '-')} <", help, StringComparison.Ordinal));
        Assert.Contains("[default 9090; 0..65535]", help, StringComparison.Ordinal);
        Assert.DoesNotContain(SettingsHelp.Render(width: 100).Split('\n'), line => line.Length > 100);
    }

    [Theory]
    [InlineData("data.dri", "data.dir")]
    [InlineData("grpc.prt", "grpc.port")]
    [InlineData("max.conections", "max.connections")]
    [InlineData("something.else.entirely", null)]
    public void The_nearest_name_is_offered_when_it_is_near(string written, string? expected)
    {
        Assert.Equal(expected, Spelling.Nearest(written, SettingsSchema.All.Select(setting => setting.Key)));
    }

    [GeneratedRegex(@"\.(ms|seconds|percentage|bytes|port|id)$|^(max|num)\.|factor$|replicas$")]
    private static partial Regex Counted();
}
