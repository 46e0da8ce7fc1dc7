using System.Collections.Immutable;
using RaftStream.Broker.Admin;
using RaftStream.Metadata.Configs;

namespace RaftStream.Server.Settings;

/// <summary>The settings of the process in the words in which a broker tells of them. There is no secret among them: keys are named by their files.</summary>
internal static class ToldSettings
{
    /// <summary>Every setting, with the value that counts.</summary>
    public static ImmutableArray<NodeSetting> Of(SettingValues values) =>
    [
        .. SettingsSchema.All.Select(setting => new NodeSetting(
            setting.Key, values.TextOf(setting), !values.IsGiven(setting), TypeOf(setting), setting.Documentation)),
    ];

    private static ConfigType TypeOf(Setting setting) => setting.TypeName switch
    {
        "boolean" => ConfigType.Switch,
        "int" => ConfigType.Number,
        "long" => ConfigType.LongNumber,
        "list" => ConfigType.Words,
        _ => ConfigType.Word,
    };
}
