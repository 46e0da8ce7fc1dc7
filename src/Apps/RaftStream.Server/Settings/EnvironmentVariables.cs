using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace RaftStream.Server.Settings;

/// <summary>Settings from variables named <c>RAFTSTREAM__GRPC__PORT</c>; <c>RAFTSTREAM__GRPC_PORT</c> is the same.</summary>
internal static class EnvironmentVariables
{
    /// <summary>What the names begin with.</summary>
    public const string Prefix = "RAFTSTREAM__";

    public static void Read(List<GivenValue> values)
    {
        IConfigurationRoot root = new ConfigurationRoot([new EnvironmentVariablesConfigurationProvider(Prefix)]);
        foreach ((string key, string? text) in root.AsEnumerable())
        {
            if (text is not null)
            {
                string variable = Prefix + key.Replace(":", "__", StringComparison.Ordinal);
                values.Add(new GivenValue(SettingKey.Normalize(key), text, $"environment {variable}"));
            }
        }
    }
}
